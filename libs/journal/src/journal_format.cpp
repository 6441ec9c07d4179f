#include "journal_format.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <ptero/core/contract.hpp>
#include <ptero/core/crc32c.hpp>
#include <string_view>

namespace ptero::journal {

namespace {

static_assert(std::endian::native == std::endian::little, "the journal is little endian");

constexpr std::string_view file_magic = "PTEROJNL";
constexpr std::uint32_t version = 1;
constexpr std::size_t fixed_header_bytes = 16;
constexpr std::uint32_t longest_uid = 4096;
constexpr std::uint32_t entry_magic = 0x454a5450;  // "PTJE"

struct EntryHeader {
  std::uint32_t magic = entry_magic;
  std::uint32_t parts = 0;
  std::uint64_t sequence = 0;
  std::uint64_t body_bytes = 0;
  std::uint32_t body_crc = 0;
  std::uint32_t header_crc = 0;  ///< of the 28 bytes before it

  std::uint32_t expected_crc() const { return crc32c(std::as_bytes(std::span(this, 1)).first(28)); }
  bool valid() const { return magic == entry_magic && header_crc == expected_crc(); }
};
static_assert(sizeof(EntryHeader) == entry_header_bytes);

void put(std::vector<std::byte>& out, std::span<const std::byte> bytes) {
  const std::size_t end = out.size();
  out.resize(end + bytes.size());
  if (!bytes.empty()) std::memcpy(out.data() + end, bytes.data(), bytes.size());
}

template <class T>
void put_number(std::vector<std::byte>& out, T value) {
  put(out, std::as_bytes(std::span(&value, 1)));
}

template <class T>
T get(std::span<const std::byte> bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// The header at this place of the file; nullopt: the file ends there.
std::optional<EntryHeader> header_at(const File& file, std::uint64_t offset) {
  EntryHeader header;
  if (file.read(std::as_writable_bytes(std::span(&header, 1)), offset) < sizeof header) return std::nullopt;
  return header;
}

bool body_matches(const File& file, const EntryHeader& header, std::uint64_t offset) {
  std::array<std::byte, 65536> buffer;
  std::uint32_t crc = 0;
  for (std::uint64_t left = header.body_bytes; left > 0;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left));
    const auto bytes = std::span(buffer).first(wanted);
    if (file.read(bytes, offset) < wanted) return false;
    crc = crc32c(bytes, crc);
    offset += wanted;
    left -= wanted;
  }
  return crc == header.body_crc;
}

/// The body lies within the file.
bool fits(const EntryHeader& header, std::uint64_t offset, std::uint64_t file_end) {
  return offset + entry_header_bytes <= file_end &&
         header.body_bytes <= file_end - offset - entry_header_bytes;
}

Place place_of(const EntryHeader& header, std::uint64_t offset) {
  return {header.sequence, offset, offset + entry_header_bytes + header.body_bytes};
}

}  // namespace

std::vector<std::byte> encode_file_header(const std::string& series_uid) {
  PTERO_EXPECT(series_uid.size() <= longest_uid);
  std::vector<std::byte> out;
  put(out, std::as_bytes(std::span(file_magic)));
  put_number(out, version);
  put_number(out, static_cast<std::uint32_t>(series_uid.size()));
  put(out, std::as_bytes(std::span(series_uid)));
  put_number(out, crc32c(out));
  return out;
}

namespace {

/// The file's header is not what it should be: is it a journal at all? Its entries say so.
FileHeader damaged_header(const File& file, const std::string& why) {
  if (!find_entry(file, 0, file.size(), 0))
    throw InputError(file.path().string() + " is not a ptero journal", why);
  return {HeaderState::damaged, {}, 0};
}

}  // namespace

bool begins_as_journal(const File& file) {
  std::array<std::byte, file_magic.size()> start{};
  const std::size_t n = file.read(start, 0);
  return n > 0 && std::equal(start.begin(), start.begin() + n, std::as_bytes(std::span(file_magic)).begin());
}

FileHeader read_file_header(const File& file) {
  const std::string name = file.path().string();
  std::array<std::byte, fixed_header_bytes> fixed{};
  const std::size_t n = file.read(fixed, 0);
  if (n == 0) return {HeaderState::cut_short, {}, 0};
  if (!begins_as_journal(file)) return damaged_header(file, "it does not start with PTEROJNL");
  if (n < fixed.size()) return {HeaderState::cut_short, {}, 0};
  const auto found = get<std::uint32_t>(std::span(fixed).subspan(8));
  const auto uid_bytes = get<std::uint32_t>(std::span(fixed).subspan(12));
  if (uid_bytes > longest_uid) return damaged_header(file, "the length of its name is damaged");
  std::vector<std::byte> whole(fixed.size() + uid_bytes + 4);
  if (file.read(whole, 0) < whole.size()) {
    if (find_entry(file, 0, file.size(), 0)) return {HeaderState::damaged, {}, 0};
    return {HeaderState::cut_short, {}, 0};
  }
  const auto covered = std::span(whole).first(whole.size() - 4);
  if (crc32c(covered) != get<std::uint32_t>(std::span(whole).last(4)))
    return damaged_header(file, "the checksum of its header does not match");
  if (found != version)
    throw InputError(name + " is a journal of version " + std::to_string(found),
                     "this program reads version " + std::to_string(version));
  const auto uid = covered.subspan(fixed.size());
  return {HeaderState::whole, std::string(reinterpret_cast<const char*>(uid.data()), uid.size()),
          whole.size()};
}

std::vector<std::byte> encode_entry_head(std::uint64_t sequence, std::span<const Bytes> parts) {
  std::vector<std::byte> out(entry_header_bytes);
  EntryHeader header;
  header.parts = static_cast<std::uint32_t>(parts.size());
  header.sequence = sequence;
  for (const Bytes& part : parts) {
    put_number(out, static_cast<std::uint64_t>(part.size()));
    header.body_bytes += part.size() + 8;
  }
  header.body_crc = crc32c(std::span(out).subspan(entry_header_bytes));
  for (const Bytes& part : parts) header.body_crc = crc32c(part.span(), header.body_crc);
  header.header_crc = header.expected_crc();
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

std::optional<Place> find_entry(const File& file, std::uint64_t begin, std::uint64_t last,
                                std::uint64_t sequence) {
  const std::uint64_t file_end = file.size();
  const std::uint32_t wanted = entry_magic;
  std::vector<std::byte> buffer(std::size_t{1} << 20);
  for (std::uint64_t at = begin; at <= last && at + entry_header_bytes <= file_end;) {
    const std::size_t n = file.read(buffer, at);
    if (n < sizeof wanted) break;
    const std::byte* const end = buffer.data() + n;
    for (const std::byte* here = buffer.data();;) {
      here = static_cast<const std::byte*>(
          ::memmem(here, static_cast<std::size_t>(end - here), &wanted, sizeof wanted));
      if (here == nullptr) break;
      const std::uint64_t offset = at + static_cast<std::uint64_t>(here - buffer.data());
      ++here;
      if (offset > last) return std::nullopt;
      const auto header = header_at(file, offset);
      if (header && header->valid() && header->sequence >= sequence && fits(*header, offset, file_end) &&
          body_matches(file, *header, offset + entry_header_bytes))
        return place_of(*header, offset);
    }
    at += n - (sizeof wanted - 1);  // the mark may lie across two pieces
  }
  return std::nullopt;
}

std::uint64_t EntryIndex::rank(std::uint64_t sequence) const {
  const auto run = std::upper_bound(runs_.begin(), runs_.end(), sequence,
                                    [](std::uint64_t s, const Run& r) { return s < r.rank + r.shift; });
  if (run == runs_.begin()) return 0;
  const std::uint64_t run_end = run == runs_.end() ? count() : run->rank;
  return std::min(sequence - std::prev(run)->shift, run_end);
}

std::uint64_t EntryIndex::sequence_of(std::uint64_t rank) const {
  const auto run = std::upper_bound(runs_.begin(), runs_.end(), rank,
                                    [](std::uint64_t r, const Run& other) { return r < other.rank; });
  return rank + std::prev(run)->shift;
}

void EntryIndex::push(const Place& place) {
  const std::uint64_t shift = place.sequence - count();
  if (runs_.empty() || runs_.back().shift != shift) runs_.push_back({count(), shift});
  begins_.push_back(place.begin);
  next_ = place.sequence + 1;
  end_ = place.end;
}

void EntryIndex::pop() {
  end_ = begins_.back();
  next_ = sequence_of(count() - 1);
  begins_.pop_back();
  if (runs_.back().rank == count()) runs_.pop_back();
  // Damage right before it is not followed by an entry any more.
  while (!holes_.empty() && holes_.back().first_byte + holes_.back().bytes == end_) {
    end_ = holes_.back().first_byte;
    next_ = holes_.back().first_sequence;
    holes_.pop_back();
  }
}

void EntryIndex::extend(const File& file) {
  const std::uint64_t file_end = file.size();
  while (end_ < file_end) {
    const std::uint64_t offset = end_;
    const auto header = header_at(file, offset);
    if (header && header->valid() && header->sequence >= next_) {
      if (!fits(*header, offset, file_end)) return;
      const Place place = place_of(*header, offset);
      if (place.end == file_end && !body_matches(file, *header, offset + entry_header_bytes)) return;
      const std::uint64_t lost = header->sequence - next_;
      if (lost > 0 && lost != JournalWriter::skipped_numbers) holes_.push_back({offset, 0, next_, lost});
      push(place);
      continue;
    }
    const auto next = find_entry(file, offset, file_end, next_);
    if (!next) return;
    holes_.push_back({offset, next->begin - offset, next_, next->sequence - next_});
    push(*next);
  }
}

void EntryIndex::drop_torn_end(const File& file) {
  while (count() > 0) {
    const std::uint64_t begin = begins_.back();
    const auto header = header_at(file, begin);
    if (header && body_matches(file, *header, begin + entry_header_bytes)) return;
    pop();
  }
}

std::optional<Parts> read_entry(const File& file, std::uint64_t sequence, std::uint64_t begin) {
  const auto header = header_at(file, begin);
  if (!header || !header->valid() || header->sequence != sequence || !fits(*header, begin, file.size()))
    return std::nullopt;
  const auto length = static_cast<std::size_t>(header->body_bytes);
  auto buffer = std::make_shared_for_overwrite<std::byte[]>(length);
  std::span<std::byte> whole(buffer.get(), length);
  if (file.read(whole, begin + entry_header_bytes) < length || crc32c(whole) != header->body_crc)
    return std::nullopt;
  std::span<const std::byte> body = whole;
  if (header->parts > body.size() / 8) return std::nullopt;
  std::span<const std::byte> table = body.first(header->parts * std::size_t{8});
  body = body.subspan(table.size());
  Parts parts;
  for (; !table.empty(); table = table.subspan(8)) {
    const auto size = get<std::uint64_t>(table);
    if (size > body.size()) return std::nullopt;
    parts.emplace_back(buffer, body.first(size));
    body = body.subspan(size);
  }
  if (!body.empty()) return std::nullopt;
  return parts;
}

}  // namespace ptero::journal
