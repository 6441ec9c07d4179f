// What the services' metrics say is what happened. A seeded stream with holes, doubles and damage of both
// kinds goes through all three; at ten random frames the detector holds its breath, and every counter must
// come to the number that the stream makes it. At ten more moments they are read in full flight.
#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <set>

#include <ptero/codec/codec.hpp>
#include <ptero/journal/journal.hpp>
#include <ptero/product/product.hpp>
#include <ptero/scanfile/series_reader.hpp>
#include <ptero/synth/faults.hpp>

#include "pipeline.hpp"
#include "scan.hpp"
#include "support/scratch.hpp"
#include "support/seed.hpp"

namespace ptero::test {
namespace {

using namespace std::chrono_literals;

std::size_t bytes_of(const Parts& parts) {
  std::size_t sum = 0;
  for (const auto& part : parts) sum += part.size();
  return sum;
}

class MetricTruth : public testing::Test {
 protected:
  MetricTruth()
      : pipeline_(scratch_ / "run", {{"reconstructor", "epochs = 2\nfrc_epochs = 0\ndefocus_m = 355e-6\n"}}) {
    push_.bind(pipeline_.detector());
    for (const auto* service : {"ingest", "classifier", "reconstructor"}) pipeline_.start(service);
  }
  void send(const Parts& parts) { ASSERT_EQ(push_.send(parts, 20s), transport::Socket::Sent::yes); }
  /// A frame as it is, doubled, left out, cut short (ingest refuses it) or damaged inside (the classifier
  /// finds out).
  void send_or_spoil(FrameId id);
  void expect_the_truth();
  void expect_no_contradiction();
  std::filesystem::path dir() const { return pipeline_.data() / scan_.info().uid; }
  static double arrived(const std::string& page) {
    double sum = 0;
    for (const auto* state : {"pending", "background", "selected", "excluded", "unpositioned"})
      sum += metric(page, "ptero_ledger_frames", "state=\"" + std::string(state) + "\"");
    return sum;
  }

  Scratch scratch_;
  Scan scan_{25, 40};
  Pipeline pipeline_;
  transport::Context context_;
  transport::Socket push_{context_, transport::SocketKind::push, {.linger = 0ms}};
  std::mt19937 random_{seed()};
  /// What the metrics have to say.
  double good_ = 0, bytes_ = 0, doubles_ = 0, cut_ = 0, damaged_ = 0, skipped_ = 0;
  FrameId due_ = 0;
};

void MetricTruth::send_or_spoil(FrameId id) {
  const double dice = std::uniform_real_distribution(0.0, 1.0)(random_);
  Frame frame = scan_.frame(id);
  if (dice < 0.02) return;
  if (dice < 0.03) {
    frame.payload = synth::cut_in_half(frame.payload);
    ++cut_;
    return send(wire::encode(wire::StreamFrame{scan_.info().id, frame}));
  }
  frame.payload = Bytes::take(codec::encode(Codec::bslz4, frame.payload.span(), size_of(frame.dtype)));
  frame.codec = Codec::bslz4;
  if (dice < 0.04) {
    std::vector<std::byte> bytes(frame.payload.span().begin(), frame.payload.span().end());
    std::fill(bytes.begin() + 16, bytes.end(), std::byte{0xff});
    frame.payload = Bytes::take(std::move(bytes));
    ++damaged_;
  }
  const auto message = wire::encode(wire::StreamFrame{scan_.info().id, frame});
  send(message);
  ++good_;
  bytes_ += double(bytes_of(message));
  skipped_ += id > due_ ? double(id - due_) : 0;
  due_ = id + 1;
  if (dice > 0.98) {
    send(message);
    ++doubles_;
  }
}

/// Selected frames that the reconstructor has, in the image or waiting for it.
double taken_by(const std::string& reconstructor) {
  return metric(reconstructor, "ptero_reconstructor_frames") +
         metric(reconstructor, "ptero_reconstructor_waiting_frames");
}

/// Nothing is under way: every number is known.
void MetricTruth::expect_the_truth() {
  const auto settled = [&] {
    const auto ingest = pipeline_.page("ingest");
    const auto classifier = pipeline_.page("classifier");
    const auto selected = metric(ingest, "ptero_ledger_frames", "\"selected\"");
    return metric(ingest, "ptero_ingest_frames_total") == good_ &&
           metric(ingest, "ptero_ingest_faults_total") == cut_ &&
           metric(ingest, "ptero_ledger_frames", "\"corrupt\"") == cut_ + damaged_ &&
           metric(ingest, "ptero_ingest_duplicate_frames_total") == doubles_ &&
           metric(ingest, "ptero_ingest_link_entries") == 1 + good_ + cut_ &&
           metric(classifier, "ptero_classifier_frames_total") == good_ &&
           metric(classifier, "ptero_classifier_selected_frames") == selected &&
           taken_by(pipeline_.page("reconstructor")) == selected;
  };
  EXPECT_TRUE(eventually(settled));
  const auto ingest = pipeline_.page("ingest");
  const auto classifier = pipeline_.page("classifier");
  const auto reconstructor = pipeline_.page("reconstructor");
  EXPECT_EQ(metric(ingest, "ptero_ingest_frames_total"), good_);
  EXPECT_EQ(metric(ingest, "ptero_ingest_bytes_total"), bytes_);
  EXPECT_EQ(metric(ingest, "ptero_ingest_duplicate_frames_total"), doubles_);
  EXPECT_EQ(metric(ingest, "ptero_ingest_faults_total"), cut_);
  EXPECT_EQ(metric(ingest, "ptero_ingest_skipped_ids_total"), skipped_);
  EXPECT_EQ(metric(ingest, "ptero_ingest_stray_messages_total"), 0);
  EXPECT_EQ(metric(ingest, "ptero_ingest_queue_bytes"), 0);
  EXPECT_EQ(metric(ingest, "ptero_ingest_unreadable_labels_total"), 0);
  EXPECT_EQ(metric(ingest, "ptero_ledger_frames"), double(scan_.size()));
  EXPECT_EQ(metric(ingest, "ptero_ledger_frames", "\"corrupt\""), cut_ + damaged_);
  EXPECT_EQ(arrived(ingest), good_ - damaged_);
  // The start, the frames, a note for each message that could not be used.
  EXPECT_EQ(metric(ingest, "ptero_ingest_link_entries"), 1 + good_ + cut_);
  EXPECT_EQ(double(journal::JournalReader(dir() / "series.journal").size()), 1 + good_ + cut_);
  EXPECT_EQ(metric(classifier, "ptero_classifier_frames_total"), good_);
  EXPECT_EQ(metric(classifier, "ptero_classifier_bad_payloads_total"), damaged_);
  EXPECT_EQ(metric(classifier, "ptero_classifier_unreadable_entries_total"), 0);
  const auto selected = metric(ingest, "ptero_ledger_frames", "\"selected\"");
  EXPECT_EQ(metric(classifier, "ptero_classifier_selected_frames"), selected);
  EXPECT_EQ(taken_by(reconstructor), selected);
  // The first image is made of 16 frames; until there are so many they wait.
  EXPECT_EQ(metric(reconstructor, "ptero_reconstructor_waiting_frames"), selected < 16 ? selected : 0);
  EXPECT_EQ(metric(reconstructor, "ptero_reconstructor_unreadable_entries_total"), 0);
}

/// In full flight: read from the end of the pipeline to its beginning, no later stage may be ahead.
void MetricTruth::expect_no_contradiction() {
  const auto classified = metric(pipeline_.page("classifier"), "ptero_classifier_frames_total");
  const auto ingest = pipeline_.page("ingest");
  EXPECT_EQ(metric(ingest, "ptero_ledger_frames"), double(scan_.size()));
  EXPECT_LE(classified, metric(ingest, "ptero_ingest_frames_total"));
  EXPECT_LE(metric(ingest, "ptero_ingest_frames_total"), good_);
}

TEST_F(MetricTruth, CountersAreWhatLedgerAndFileSay) {
  std::set<FrameId> breaths, glances;
  std::uniform_int_distribution<FrameId> any(1, scan_.size() - 2);
  while (breaths.size() < 10) breaths.insert(any(random_));
  while (glances.size() < 10) glances.insert(any(random_));
  send(wire::encode(scan_.info()));
  ASSERT_TRUE(eventually([&] { return metric(pipeline_.page("ingest"), "ptero_ledger_frames") > 0; }));
  for (FrameId id = 0; id < scan_.size(); ++id) {
    send_or_spoil(id);
    if (breaths.contains(id)) expect_the_truth();
    if (glances.contains(id)) expect_no_contradiction();
    ASSERT_FALSE(HasFailure()) << "at frame " << id << "\n" << pipeline_.output();
  }
  send(wire::encode(wire::StreamEnd{scan_.info().id, scan_.size()}));
  ASSERT_TRUE(eventually([&] {
    return std::filesystem::exists(dir() / "product.h5") &&
           !std::filesystem::exists(dir() / "series.journal");
  })) << pipeline_.output();

  // In the end the file says the same.
  const auto page = pipeline_.page("ingest");
  const auto proof = scanfile::prove_ledger(dir() / "raw.h5");
  EXPECT_TRUE(proof.sealed && proof.faults.empty());
  for (FrameState state : all_frame_states)
    EXPECT_EQ(metric(page, "ptero_ledger_frames", "\"" + std::string(name_of(state)) + "\""),
              double(proof.counted[state]))
        << name_of(state);
  std::cout << "ledger:" << text_of(proof.counted) << "\n";
  const auto selected = double(proof.counted[FrameState::selected]);
  EXPECT_EQ(double(proof.counted[FrameState::corrupt]), cut_ + damaged_);
  EXPECT_EQ(double(proof.counted[FrameState::missing]), double(scan_.size()) - good_ - cut_);
  EXPECT_EQ(metric(pipeline_.page("classifier"), "ptero_classifier_selected_frames"), selected);
  EXPECT_EQ(metric(pipeline_.page("reconstructor"), "ptero_reconstructor_frames"), selected);
  EXPECT_EQ(double(product::read_product(dir() / "product.h5").positions.size()), selected);
  const scanfile::SeriesReader reader(dir() / "raw.h5");
  double present = 0;
  for (FrameId id = 0; id < reader.size(); ++id) present += reader.present(id);
  EXPECT_EQ(present, good_);
  EXPECT_EQ(pipeline_.stop(), "");
}

}  // namespace
}  // namespace ptero::test
