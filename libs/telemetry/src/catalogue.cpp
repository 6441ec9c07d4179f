#include <algorithm>
#include <array>
#include <ptero/telemetry/catalogue.hpp>

namespace ptero::telemetry {

namespace {

using enum MetricKind;

constexpr MetricInfo metrics[] = {
    {"ptero_degradation_level", gauge, "",
     "what is left out because the service is behind: 0 nothing, 1 previews, 2 snapshots, 3 iterations"},
    {"ptero_alarm_active", gauge, "alarm", "1 while the alarm is active, else 0"},
    {"ptero_connections_refused_total", counter, "side,reason",
     "connections that did not come about, or were cut off",
     "([keys](#keys), [what a peer may say](#what-a-peer-may-say))"},
    {"ptero_http_refused_total", counter, "reason",
     "HTTP requests without a token, with a wrong one, or on behalf of another site"},

    {"ptero_ledger_frames", gauge, "state",
     "frames of the newest series in each state; read together, so they sum to the number expected at every "
     "scrape"},
    {"ptero_ingest_frames_total", counter, "", "frames journalled"},
    {"ptero_ingest_bytes_total", counter, "", "bytes of journalled frames, as received"},
    {"ptero_ingest_duplicate_frames_total", counter, "", "frames whose id had come before"},
    {"ptero_ingest_stray_messages_total", counter, "", "messages outside any running series"},
    {"ptero_ingest_set_aside_total", counter, "reason", "messages that are in no series",
     ": `stray`, `after_end`, `number` (cannot be meant), `pixel_type`, `another_shape`, `start`. Kept as "
     "received "
     "in `set-aside.journal`"},
    {"ptero_ingest_set_aside_not_kept_total", counter, "",
     "messages in no series that are in no file either: `set_aside_bytes` are full, or the disk"},
    {"ptero_ingest_refused_messages_total", counter, "",
     "messages that could not be handled at all; each is in the log"},
    {"ptero_ingest_skipped_ids_total", counter, "",
     "ids that had not come when a later one did; some may still come"},
    {"ptero_ingest_incomplete_series_total", counter, "",
     "series that the next one cut short before their end came"},
    {"ptero_ingest_other_channels_total", counter, "",
     "images of channels that are not taken, such as a second threshold"},
    {"ptero_ingest_faults_total", counter, "reason", "messages that could not be used",
     "; reasons in [proto/README.md](../proto/README.md)"},
    {"ptero_ingest_disk_free_bytes", gauge, "", "room on the disk of the raw files"},
    {"ptero_ingest_queue_bytes", gauge, "", "received and not yet journalled",
     "; at `queue_bytes` the detector has to wait"},
    {"ptero_ingest_unsynced_bytes", gauge, "", "journalled and not yet on the disk for sure",
     "; a power cut costs these and what came within `sync_seconds`"},
    {"ptero_ingest_sync_seconds", gauge, "", "how long the disk took for the last sync of a journal"},
    {"ptero_ingest_join_frames_total", counter, "outcome",
     "where positions come apart from the frames: what became of each",
     "(proto/stream.md, `join`). **Alarm** on `crowded_out` and `timed_out`"},
    {"ptero_ingest_held_frames", gauge, "", "messages that wait for positions"},
    {"ptero_ingest_held_bytes", gauge, "", "bytes of messages that wait for positions",
     "; at `held_bytes` the oldest goes without"},
    {"ptero_ingest_position_samples_total", counter, "", "samples of the stage"},
    {"ptero_ingest_position_faults_total", counter, "", "messages of the stage that could not be read"},
    {"ptero_ingest_position_dropped_total", counter, "",
     "messages of the stage that nobody took because the disk did not"},
    {"ptero_ingest_positions_connected", gauge, "", "1 while the PandABox is connected"},
    {"ptero_ingest_position_connections_total", counter, "", "connections made to the stage"},
    {"ptero_ingest_join_suspicions", gauge, "", "what looks wrong with how the last series was joined",
     "; `positions.suspicions` of report.json says it"},
    {"ptero_ingest_link_consumers", gauge, "", "consumers on the frame link"},
    {"ptero_ingest_link_entries", gauge, "", "entries sent on the frame link since the start"},
    {"ptero_ingest_link_bad_messages", gauge, "", "messages on the frame link that are none"},
    {"ptero_ingest_link_refused_hellos", gauge, "",
     "consumers on the frame link that were refused, such as a second of a name"},
    {"ptero_ingest_link_refused_deliveries", gauge, "", "labels from somebody who may not deliver any"},
    {"ptero_ingest_unreadable_labels_total", counter, "",
     "deliveries of labels that are none: 0 unless versions differ"},

    {"ptero_classifier_frames_total", counter, "", "frames taken from the frame link"},
    {"ptero_classifier_resumed_frames", gauge, "",
     "frames of the series that came from the checkpoint instead, after a restart"},
    {"ptero_classifier_bad_payloads_total", counter, "", "payloads that did not decompress",
     "; the ledger has them as `corrupt`"},
    {"ptero_classifier_unreadable_entries_total", counter, "",
     "entries of the frame link that are no message: 0 unless versions differ"},
    {"ptero_classifier_fetched_frames_total", counter, "",
     "selected frames that had left the cache and were asked of ingest again; grows when the reconstructor "
     "lags"},
    {"ptero_classifier_selected_frames", gauge, "", "size of the region of interest in frames"},
    {"ptero_classifier_revision", gauge, "", "revision of the region of interest"},
    {"ptero_steering_points", gauge, "", "places that the advice in force asks to measure; 0: no advice"},
    {"ptero_steering_advice_total", counter, "action", "advice given"},
    {"ptero_steering_decisions_total", counter, "decision", "advice accepted and rejected by somebody"},
    {"ptero_classifier_link_consumers", gauge, "", "consumers on the selection link"},
    {"ptero_classifier_link_bad_messages", gauge, "", "messages on the selection link that are none"},
    {"ptero_frame_to_label_seconds", histogram, "",
     "from a frame's arrival at ingest to the first word on it: selected, background, or pending where the "
     "thresholds in force are not certain of it",
     ". Frames from before the first thresholds (about the first 80) are not counted: there is nothing they "
     "could be late with"},

    {"ptero_reconstructor_frames", gauge, "", "frames in the reconstruction"},
    {"ptero_reconstructor_pattern_updates", gauge, "", "pattern updates of the series so far"},
    {"ptero_reconstructor_iteration", gauge, "", "passes over all frames"},
    {"ptero_reconstructor_converged", gauge, "", "1: more iterations of these frames change nothing"},
    {"ptero_reconstructor_running", gauge, "", "0 while a person has stopped the reconstruction"},
    {"ptero_reconstructor_recoveries", gauge, "",
     "how often the series diverged and was taken up again with smaller steps"},
    {"ptero_reconstructor_amplitude_error", gauge, "", "relative amplitude error of the last batch",
     ": sum (\\|Psi\\| - sqrt I)^2 / sum I"},
    {"ptero_reconstructor_queue_bytes", gauge, "", "frames received and not yet taken in"},
    {"ptero_reconstructor_waiting_frames", gauge, "",
     "selected frames that are neither in the image nor left out yet"},
    {"ptero_reconstructor_left_out_frames", gauge, "reason",
     "selected frames of the series that are not in the image",
     "; [why](words.md#why-a-selected-frame-is-left-out)"},
    {"ptero_reconstructor_unreadable_entries_total", counter, "",
     "entries of the selection link that are no message"},
    {"ptero_frame_to_snapshot_seconds", histogram, "",
     "age of a snapshot: now minus the arrival of its newest frame"},

    {"ptero_dashboard_clients", gauge, "", "pages that are open"},
    {"ptero_dashboard_topics", gauge, "", "kinds of values that pages are shown"},
    {"ptero_dashboard_waiting_values", gauge, "",
     "values that wait for the page that is furthest behind: one a topic at most, and the one being sent"},
    {"ptero_dashboard_waiting_bytes", gauge, "", "bytes that wait for the page that is furthest behind"},
    {"ptero_dashboard_held_bytes", gauge, "",
     "kept for all pages together: the newest value of each topic, and what is being sent of older ones"},
    {"ptero_dashboard_values", gauge, "outcome", "values for pages since the start",
     ": `sent`; `skipped`, replaced before a page took them"},
    {"ptero_dashboard_turned_away", gauge, "why", "pages since the start that were not served",
     ": refused (`too_many`, `max_clients`) or cut off (`stalled`: took nothing for 3 s)"},
    {"ptero_dashboard_unreadable_events", gauge, "", "events that were damaged or of another version"},

    {"ptero_ddip_run", gauge, "", "run of the ensemble under way, from 1"},
    {"ptero_ddip_epoch", gauge, "", "epoch of the separation under way"},
    {"ptero_ddip_epoch_seconds", gauge, "", "time an epoch takes"},
    {"ptero_ddip_mismatch", gauge, "", "data term of the loss of the separation under way"},
    {"ptero_ddip_least_own_share", gauge, "",
     "the least share a slice has in its own image: small where a fit collapses"},
    {"ptero_ddip_separation_seconds", gauge, "", "from reading the newest product to its separated slices"},
    {"ptero_ddip_separations_total", counter, "", "products separated"},
    {"ptero_ddip_refused_products_total", counter, "",
     "products with several layers that could not be separated"},
    {"ptero_ddip_preempted_total", counter, "", "separations given up for a newer product"},
    {"ptero_ddip_peak_memory_bytes", gauge, "", "the most memory held so far"},
};

constexpr AlarmInfo alarms[] = {
    {"stage_silent", "all", true,
     "a stage gives no sign of life for longer than it may; see *When a stage hangs*",
     "the sentence names the stage"},
    {"disk_low", "ingest", false,
     "less than `low_space_bytes` (10 GiB, at most a tenth of the disk) are left on the disk of `out`",
     "make room before it is full"},
    {"raw_file_waits", "ingest", false,
     "less than 64 MiB (or a twentieth of the disk) are left: they are the journal's, the raw file waits",
     "make room"},
    {"disk_full", "ingest", true,
     "the disk takes nothing (full, out of inodes, a folder that may not be written, a limit on the size of "
     "files); the detector waits, "
     "nothing is "
     "lost",
     "make room; the sentence says what it answered"},
    {"backlog", "ingest", false,
     "half of `queue_bytes` is received and not yet journalled: the disk is slower than the detector, which "
     "has "
     "to wait when the rest is full",
     "a faster disk, a slower scan"},
    {"raw_file", "ingest", false,
     "`raw.h5` could not be written; it is made anew from the journal every 5 s until it can",
     "the disk; the sentence says what it answered"},
    {"journal_sync", "ingest", false,
     "the disk refused to take the journal for good: a kill costs nothing, a power cut would cost what it "
     "holds",
     "the disk; the sentence says what it answered"},
    {"stealing", "ingest", true,
     "only one frame in N comes, evenly: N - 1 other programs pull from the same detector, whose PUSH socket "
     "deals its frames out in turn",
     "stop the other program; what it took is `missing`"},
    {"unreadable", "ingest", false, "no series runs, and what comes from the detector cannot be read",
     "protocol, version and port of `source`"},
    {"no_start", "ingest", false, "frames come of a series whose start was not heard",
     "arm again, or `mid_series_join` in `[ingest]`"},
    {"no_positions", "ingest", false, "the first 32 frames of the running series have no position",
     "`positions`; for a PandABox its address and channels"},
    {"positions_stopped", "ingest", false,
     "frames come, and the stage has sent no position for 2 s (or `max_wait_s`) while its arm runs",
     "the stage's controller, its connection"},
    {"beyond_announced", "ingest", false,
     "more frames come than were announced, or frames come after the end; they are taken, or set aside where "
     "the "
     "series is closed",
     "the number of images of the scan; `end_wait_s`"},
    {"frame_numbers", "ingest", false,
     "frames begin at another number than 0, or one has a number that cannot be meant, such as "
     "one with "
     "a turned bit",
     "the detector's counter; the network; the sentence says which number"},
    {"strays", "ingest", false,
     "frames of another series than the running one come, or ones of which nobody can tell; they are in "
     "`set-aside.journal`",
     "send `uid` with every frame ([proto/stream.md](../proto/stream.md))"},
    {"pixel_type", "ingest", true,
     "the detector sends pixels that ptero cannot compute with; they are in `set-aside.journal` as received",
     "the pixel type of the detector; the sentence names both"},
    {"series_elsewhere", "ingest", false,
     "a start could not be recorded as it is: another name, tables left out, or the message set aside",
     "the sentence says what, and where it is"},
    {"put_aside", "ingest", false,
     "what an earlier process left on disk ended three processes one after the other when they took it up; "
     "it was renamed to `*.put-aside`. "
     "Until the next start of ingest",
     "`ptero rebuild` on it; a bug report"},
    {"series_stalled", "ingest", false,
     "the running series is silent for longer than `stall_after_s`; it stays open", "the detector's state"},
    {"detector_distance", "ingest", false,
     "the detector says no distance, or one above 100 m, which is not used", "`distance_m` in `[ingest]`"},
    {"mask", "ingest", false, "the mask does not fit the frames and is not used", "`mask` in `[ingest]`"},
    {"crop", "ingest", false,
     "`crop` and `bin` do not fit the frames, which are used whole; or the `centre` is outside them and is "
     "not "
     "used",
     "`crop`, `bin`, `centre` in `[ingest]`"},
    {"foreign_labels", "ingest", false,
     "somebody who may not delivered labels in the last minute; they changed nothing",
     "the sentence names who; rights in [keys](#keys)"},
    {"link_refused", "classifier,reconstructor", false,
     "the other end of the link does not serve this service, because another of its name is connected",
     "stop one of the two, or give this one a `name`"},
    {"diverged", "reconstructor", false,
     "the reconstruction of this series diverged and went on with smaller steps",
     "probe, distance, orientation"},
    {"no_image", "reconstructor", false,
     "the last series has no image, or not the one asked for; the sentence says why", ""},
    {"refused", "ddip", false, "a product cannot be separated into slices; the sentence says why",
     "its layers, their size; the next product clears it"},
    {"doubtful", "ddip", false,
     "the newest separation is written, and the checks doubt it: confused, collapsed or diverged",
     "[ddip.md](ddip.md#settings)"},
    {"audit_log", "dashboard", false, "what people do cannot be written down",
     "room and rights of `audit` in `[dashboard]`"},
};

bool in_list(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto end = list.find(',');
    if (list.substr(0, end) == word) return true;
    list = end == list.npos ? std::string_view() : list.substr(end + 1);
  }
  return false;
}

/// "a,b" as "a, b".
std::string spaced(std::string_view list) {
  std::string out;
  for (const char c : list) out += c == ',' ? std::string(", ") : std::string(1, c);
  return out;
}

std::string text(std::string_view part) {
  return std::string(part);
}

/// The cell of a phrase and what follows it, which may begin with a sign.
std::string joined(std::string_view phrase, std::string_view more) {
  if (more.empty()) return text(phrase);
  const bool sign = std::string_view(";:.,").find(more.front()) != std::string_view::npos;
  return text(phrase) + (sign ? "" : " ") + text(more);
}

}  // namespace

std::string_view name_of(MetricKind kind) {
  switch (kind) {
    case counter:
      return "counter";
    case gauge:
      return "gauge";
    case histogram:
      break;
  }
  return "histogram";
}

std::span<const MetricInfo> all_metrics() {
  return metrics;
}

std::span<const AlarmInfo> all_alarms() {
  return alarms;
}

const MetricInfo* find_metric(std::string_view name) {
  const auto* found = std::find_if(std::begin(metrics), std::end(metrics),
                                   [&](const MetricInfo& metric) { return metric.name == name; });
  return found == std::end(metrics) ? nullptr : found;
}

bool may_raise(const AlarmInfo& alarm, std::string_view service) {
  return alarm.services == "all" || in_list(alarm.services, service);
}

std::string metrics_table() {
  std::string table = "| name | kind | meaning |\n| --- | --- | --- |\n";
  for (const MetricInfo& metric : metrics)
    table += "| `" + text(metric.name) + (metric.labels.empty() ? "" : "{" + text(metric.labels) + "}") +
             "` | " + text(name_of(metric.kind)) + " | " + joined(metric.help, metric.more) + " |\n";
  return table;
}

std::string alarms_table() {
  std::string table = "| alarm | service | | raised while | what helps |\n| --- | --- | --- | --- | --- |\n";
  for (const AlarmInfo& alarm : alarms)
    table += "| `" + text(alarm.id) + "` | " + spaced(alarm.services) + " | " +
             (alarm.critical ? "critical" : "warning") + " | " + text(alarm.raised_while) + " |" +
             (alarm.what_helps.empty() ? "" : " " + text(alarm.what_helps)) + " |\n";
  return table;
}

}  // namespace ptero::telemetry
