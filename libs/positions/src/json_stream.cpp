#include <ptero/positions/json_stream.hpp>

#include <cmath>

#include "channel_name.hpp"
#include "json_document.hpp"
#include "number_text.hpp"

namespace ptero::positions {

namespace {

using Event = Result<StreamEvent, JsonFault>;

/// A channel's values and the index of the first.
struct Column {
  const std::vector<double>* values = nullptr;
  std::uint64_t first = 0;
};

/// Where a protocol keeps a channel; a fault when it is not there.
using Find = Result<Column, JsonFault> (*)(const JsonDocument& document, const std::string& channel);

JsonFault lacks(const std::string& channel) {
  return "it has no channel " + channel;
}

Result<Column, JsonFault> panda_column(const JsonDocument& document, const std::string& channel) {
  const std::string path = "datasets/" + std::string(plain_name(channel));
  Column column{document.list(path + "/data")};
  if (column.values == nullptr) return lacks(channel);
  if (const auto first = document.number(path + "/starting_sample_number")) {
    const auto index = count_in(*first);
    if (!index) return "its starting_sample_number of " + channel + " is no count";
    column.first = *index;
  } else {
    return "it has no starting_sample_number for " + channel;
  }
  return column;
}

Result<Column, JsonFault> maxiv_column(const JsonDocument& document, const std::string& channel) {
  Column column{document.list(std::string(plain_name(channel)))};
  if (column.values == nullptr) return lacks(channel);
  const auto first = count_in(document.number("frame_number").value_or(-1));
  if (!first) return JsonFault("its frame_number is no count");
  column.first = *first;
  return column;
}

Event samples_of(const JsonDocument& document, const Channels& channels, Find find) {
  const auto x = find(document, channels.x);
  if (!x) return x.reason();
  Column y, monitor, index;
  const std::pair<const std::string&, Column&> others[] = {
      {channels.y, y}, {channels.monitor, monitor}, {channels.index, index}};
  for (const auto& [name, column] : others) {
    if (name.empty()) continue;
    const auto found = find(document, name);
    if (!found) return found.reason();
    if (found->values->size() != x->values->size() || found->first != x->first)
      return "its channels " + channels.x + " and " + name + " do not hold the same samples";
    column = *found;
  }
  StreamSamples out;
  out.samples.reserve(x->values->size());
  for (std::size_t i = 0; i < x->values->size(); ++i) {
    Sample sample{x->first + i, (*x->values)[i], (*y.values)[i]};
    if (monitor.values != nullptr) sample.monitor = (*monitor.values)[i];
    if (index.values != nullptr) {
      const auto trigger = count_in((*index.values)[i]);
      if (!trigger) {
        ++out.unusable;
        continue;
      }
      sample.index = *trigger;
    }
    out.samples.push_back(sample);
  }
  return StreamEvent(std::move(out));
}

std::vector<std::string> names_of(const Channels& channels) {
  std::vector<std::string> names;
  for (const auto& name : {channels.x, channels.y, channels.monitor, channels.index})
    if (!name.empty()) names.emplace_back(plain_name(name));
  return names;
}

}  // namespace

Event parse_panda_json(std::string_view text, const Channels& channels) {
  std::vector<std::string> wanted{"msg_type", "arm_time"};
  for (const auto& name : names_of(channels))
    for (const char* field : {"/data", "/starting_sample_number"})
      wanted.push_back("datasets/" + name + field);
  const auto document = read_json(text, wanted);
  if (!document) return document.reason();
  const std::string type = document->text("msg_type");
  if (type == "start") return StreamEvent(StreamStart{document->text("arm_time")});
  if (type == "stop") return StreamEvent(StreamStop{});
  if (type == "data" || type.empty()) return samples_of(*document, channels, panda_column);
  return StreamEvent(StreamSamples{});
}

Event parse_maxiv_json(std::string_view text, const Channels& channels) {
  std::vector<std::string> wanted{"message_type", "arm_time", "frame_number"};
  for (auto& name : names_of(channels)) wanted.push_back(std::move(name));
  const auto document = read_json(text, wanted);
  if (!document) return document.reason();
  const std::string type = document->text("message_type");
  if (type == "series-start") return StreamEvent(StreamStart{document->text("arm_time")});
  if (type == "series-end") return StreamEvent(StreamStop{});
  if (type == "data") return samples_of(*document, channels, maxiv_column);
  return StreamEvent(StreamSamples{});
}

}  // namespace ptero::positions
