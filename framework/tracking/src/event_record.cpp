#include "event_record.h"

#include <limits>
#include <protozero/pbf_builder.hpp>

#include "crc32c.h"

namespace thexp {
namespace {

// The fields that are written of event.proto and summary.proto.
enum class Event : protozero::pbf_tag_type {
  kWallTime = 1,
  kStep = 2,
  kFileVersion = 3,
  kSummary = 5,
  kSessionLog = 7,
};
enum class Summary : protozero::pbf_tag_type { kValue = 1 };
enum class SummaryValue : protozero::pbf_tag_type {
  kTag = 1,
  kSimpleValue = 2,
};
enum class SessionLog : protozero::pbf_tag_type { kStatus = 1 };

constexpr int32_t kStart = 1;  // a SessionStatus

using protozero::pbf_builder;

void append_little_endian(std::string& out, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>(number >> 8 * i & 0xFF);
  }
}

// A checksum of data that holds checksums is weak: hence the mask.
uint32_t masked_crc(std::string_view data) {
  uint32_t crc = crc32c_of(data);
  return (crc >> 15 | crc << 17) + 0xA282EAD8;
}

// A double beyond the range of a float is infinite there.
float as_float(double value) {
  constexpr double kMax = std::numeric_limits<float>::max();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (value > kMax) return kInfinity;
  return value < -kMax ? -kInfinity : static_cast<float>(value);
}

std::string framed(const std::string& event) {
  std::string record;
  append_little_endian(record, event.size(), 8);
  append_little_endian(record, masked_crc(record), 4);
  record += event;
  append_little_endian(record, masked_crc(event), 4);
  return record;
}

}  // namespace

std::string version_record(double seconds) {
  std::string data;
  pbf_builder<Event> event(data);
  event.add_double(Event::kWallTime, seconds);
  event.add_string(Event::kFileVersion, "brain.Event:2");
  return framed(data);
}

std::string restart_record(double seconds, int64_t step) {
  std::string data;
  pbf_builder<Event> event(data);
  event.add_double(Event::kWallTime, seconds);
  event.add_int64(Event::kStep, step);
  pbf_builder<SessionLog>(event, Event::kSessionLog)
      .add_enum(SessionLog::kStatus, kStart);
  return framed(data);
}

std::string scalar_record(double seconds,
                          std::string_view tag,
                          double value,
                          int64_t step) {
  std::string data;
  {
    pbf_builder<Event> event(data);
    event.add_double(Event::kWallTime, seconds);
    event.add_int64(Event::kStep, step);
    pbf_builder<Summary> summary(event, Event::kSummary);
    pbf_builder<SummaryValue> entry(summary, Summary::kValue);
    entry.add_string(SummaryValue::kTag, tag.data(), tag.size());
    entry.add_float(SummaryValue::kSimpleValue, as_float(value));
  }  // their ends write the lengths
  return framed(data);
}

}  // namespace thexp
