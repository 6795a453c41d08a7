#include <tuple>
#include <utility>

#include "link/faults/scenario.hpp"

namespace dvfo::link::faults {

bool timeline::step::is_after(const step& other) const {
  return std::tie(at, begins, event) > std::tie(other.at, other.begins, other.event);
}

timeline::timeline(std::vector<faults::event> events) : events_(std::move(events)) {
  for (std::size_t i = 0; i < events_.size(); ++i) steps_.push({events_[i].at, true, i, 0});
}

std::optional<instant> timeline::next() const { return steps_.empty() ? std::nullopt : std::optional(steps_.top().at); }

std::optional<timeline::step> timeline::take(instant now) {
  if (steps_.empty() || steps_.top().at > now) return std::nullopt;
  const auto first = steps_.top();
  steps_.pop();
  if (!first.begins) return first;
  const auto& what = events_[first.event];
  if (what.lasting) steps_.push({first.at + *what.lasting, false, first.event, first.occurrence});
  if (what.every && (what.times == 0 || first.occurrence + 1 < what.times)) {
    steps_.push({first.at + *what.every, true, first.event, first.occurrence + 1});
  }
  return first;
}

}  // namespace dvfo::link::faults
