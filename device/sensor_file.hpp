#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "device/identity.hpp"
#include "device/sensors.hpp"
#include "device/text_file.hpp"

namespace dvfo::device {

/// A kernel file that is read again and again: kept open and read from its start by one pread, which costs a third of
/// opening it anew. Whatever goes wrong there is left to text_file, which opens the path again, so that a file that was
/// replaced or came back is found. Not thread-safe.
class sensor_file {
 public:
  explicit sensor_file(std::filesystem::path path) : path_(std::move(path)) {}
  ~sensor_file() { close(); }
  sensor_file(sensor_file&& other) noexcept;
  sensor_file& operator=(sensor_file&& other) noexcept;
  sensor_file(const sensor_file&) = delete;
  sensor_file& operator=(const sensor_file&) = delete;

  /// The first number in the file, or why there is none.
  reading<std::int64_t> read_integer();

  /// Its text, the first 64 KiB, valid until the next call; absent if it cannot be read.
  std::optional<std::string_view> read_text();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::size_t read_into(char* buffer, std::size_t size);
  void open();
  void close();

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::string text_;
};

/// The number in `file` if it lies in [lowest, highest]; anything else counts as garbage, as a sensor gone mad.
reading<double> read_within(sensor_file& file, double lowest, double highest, double scale);

/// Drops a sensor that keeps failing, says so once, and lets it be tried again now and then.
class fault_watch {
 public:
  static constexpr int failures_until_dropped = 5;
  static constexpr std::chrono::seconds retry_after{10};

  /// `warn` must outlive the watch. `quiet_at_first`: no notice for a sensor that never gave a reading, since some are
  /// switched off with their block and that is no fault.
  fault_watch(std::string name, const notice* warn, bool quiet_at_first = false)
      : name_(std::move(name)), warn_(warn), is_quiet_(quiet_at_first) {}

  /// Whether it is worth asking the sensor at `now`: always, unless it was dropped less than retry_after ago.
  [[nodiscard]] bool is_due(time_point now) const { return !is_dropped_ || now - last_try_ >= retry_after; }

  void succeeded();
  void failed(time_point now, const std::string& reason);

  [[nodiscard]] bool is_dropped() const { return is_dropped_; }

  /// Why the last reading failed; empty if it did not.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::string name_;
  const notice* warn_;
  bool is_quiet_;
  int failures_ = 0;
  bool is_dropped_ = false;
  bool was_noticed_ = false;
  time_point last_try_;
  std::string reason_;
};

}  // namespace dvfo::device
