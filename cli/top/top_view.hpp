#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

/// What `dvfo top` shows, and how: plain data, and pure functions from it to text.
namespace dvfo::cli {

struct top_clock {
  std::string name;
  std::optional<double> now_hz = {};
  std::optional<double> lowest_hz = {};
  std::optional<double> highest_hz = {};  ///< below the cap that is in force
};

struct top_share {
  std::string name;
  double share = 0.0;  ///< 0…1
};

/// Least, mean and greatest of the readings since the start.
class top_statistics {
 public:
  void add(double value);
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] double least() const { return least_; }
  [[nodiscard]] double greatest() const { return greatest_; }
  [[nodiscard]] double mean() const { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }

 private:
  std::size_t count_ = 0;
  double sum_ = 0.0;
  double least_ = 0.0;
  double greatest_ = 0.0;
};

struct top_rail {
  std::string name;
  bool is_total = false;             ///< it is the whole board, or a part of the sum that is
  std::optional<double> watts = {};  ///< absent if this reading failed
  top_statistics since_start = {};
};

struct top_temperature {
  std::string zone;
  double celsius = 0.0;
};

/// Tasks of an edge node whose JSON lines are followed.
struct top_tasks {
  double per_second = 0.0;  ///< answered ones, over the last seconds
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::optional<double> mean_seconds = {};  ///< TTI, over the same stretch
  std::optional<double> mean_joules = {};   ///< measured ETI; absent unless all of them have it
};

/// One reading. What a board does not give is absent.
struct top_view {
  std::string board;  ///< "NVIDIA Jetson TX2 (jetson-tx2, JetPack 4)"
  double elapsed_seconds = 0.0;
  double interval_seconds = 0.0;
  std::vector<top_clock> clocks;
  std::vector<top_share> utilisation;
  std::optional<top_rail> total;  ///< the whole board; `name` says how it comes about
  std::vector<top_rail> rails;
  std::vector<top_temperature> temperatures;
  std::optional<double> joules;     ///< of the whole board since the start
  double unmeasured_seconds = 0.0;  ///< which they do not cover
  std::optional<top_tasks> tasks;
  std::optional<double> own_share;  ///< what this program itself takes of one core, 0…1
  std::vector<std::string> notes;
};

/// Lines of at most `width` columns, without line ends; escape sequences for colour are not counted.
std::vector<std::string> render(const top_view& view, std::size_t width, bool in_colour);

/// One object for one reading; what is absent has no key.
nlohmann::json to_json(const top_view& view);

/// "[#####     ]" with `cells` characters inside, filled to `share` of them (0…1, clamped).
std::string bar(double share, std::size_t cells);

}  // namespace dvfo::cli
