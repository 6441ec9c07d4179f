#include <gtest/gtest.h>

#include <ptero/wire/link.hpp>
#include <stdexcept>

#include "golden.hpp"

namespace ptero::wire {
namespace {

const std::string uid = "2026-07-14_0003";
const std::vector<FrameId> some_ids = {3, 200, 70000};

template <class T>
T decoded(const std::string& name) {
  auto message = decode_link(golden::header(name));
  if (!message) throw std::runtime_error(name + ": " + std::string(name_of(message.reason())));
  return std::get<T>(*message);
}

TEST(Link, HelloIsTheGoldenMessage) {
  const auto hello = decoded<Hello>("hello");
  EXPECT_EQ(hello.consumer, "classifier");
  EXPECT_EQ(hello.session, 0x0123456789abcdefu);
  EXPECT_EQ(hello.series_uid, uid);
  EXPECT_EQ(hello.next, 412u);
  EXPECT_EQ(hello.credit, 64u);
  EXPECT_EQ(hello.revision, 0u);
  EXPECT_TRUE(hello.holds.empty());
  EXPECT_EQ(encode(Hello{"classifier", 0x0123456789abcdef, uid, 412, 64, 0, {}}), golden::header("hello"));

  const auto started = decoded<Hello>("hello_started");
  EXPECT_EQ(started.started_ns, 123456789012);
  EXPECT_EQ(encode(started), golden::header("hello_started"));

  const auto owned = decoded<Hello>("hello_owner");
  EXPECT_EQ(owned.owner, 0xfedcba9876543210u);
  EXPECT_EQ(encode(owned), golden::header("hello_owner"));

  const auto set = decoded<Hello>("hello_set");
  EXPECT_EQ(set.revision, 4u);
  EXPECT_EQ(set.holds, some_ids);
  EXPECT_EQ(encode(Hello{"reconstructor", 5, uid, 0, 32, 4, some_ids}), golden::header("hello_set"));
}

TEST(Link, WhatAConsumerSaysIsTheGoldenMessage) {
  EXPECT_EQ(decoded<Credit>("credit").session, 5u);
  EXPECT_EQ(decoded<Credit>("credit").credit, 16u);
  EXPECT_EQ(encode(Credit{5, 16}), golden::header("credit"));
  EXPECT_EQ(decoded<Want>("want").session, 5u);
  EXPECT_EQ(decoded<Want>("want").ids, some_ids);
  EXPECT_EQ(decoded<Want>("want").series_uid, "scan-7");
  EXPECT_EQ(decoded<Want>("want").ticket, 2u);
  EXPECT_EQ(encode(Want{5, "scan-7", 2, some_ids}), golden::header("want"));
  EXPECT_EQ(decoded<Deliver>("deliver").session, 5u);
  EXPECT_EQ(encode(Deliver{5}), golden::header("deliver"));
}

TEST(Link, WhatAProducerSaysIsTheGoldenMessage) {
  const auto entry = decoded<EntryHeader>("entry");
  EXPECT_EQ(entry.session, 5u);
  EXPECT_EQ(entry.sequence, 413u);
  EXPECT_EQ(entry.wanted, 0u);
  EXPECT_EQ(encode(EntryHeader{5, 413, 0}), golden::header("entry"));
  EXPECT_EQ(decoded<EntryHeader>("entry_wanted").wanted, 1u);
  EXPECT_EQ(encode(EntryHeader{5, 4, 1}), golden::header("entry_wanted"));
  EXPECT_EQ(decoded<EntryHeader>("entry_behind").behind, 1200u);
  EXPECT_EQ(encode(EntryHeader{5, 413, 0, 1200}), golden::header("entry_behind"));
  const auto behind_a_hole = decode_link(encode(EntryHeader{5, 413, 0, 0, 12}));
  EXPECT_EQ(std::get<EntryHeader>(behind_a_hole.value()).absent, 12u);
  EXPECT_EQ(decoded<Keepalive>("keepalive").session, 5u);
  EXPECT_EQ(encode(Keepalive{5}), golden::header("keepalive"));
  const std::string why = "series 2026-07-14_0002 is over; ask for 2026-07-14_0003";
  EXPECT_EQ(decoded<Refused>("refused").session, 5u);
  EXPECT_EQ(decoded<Refused>("refused").why, why);
  EXPECT_EQ(encode(Refused{5, why}), golden::header("refused"));
}

TEST(Link, HoldsAndWantsCanBeMany) {
  Hello hello{.consumer = "reconstructor", .session = 1, .credit = 1};
  for (FrameId id = 0; id < 1'000'000; ++id) hello.holds.push_back(id);
  const auto read = decode_link(encode(hello));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Hello>(*read).holds, hello.holds);
}

}  // namespace
}  // namespace ptero::wire
