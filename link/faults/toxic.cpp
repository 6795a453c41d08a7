#include "link/faults/toxic.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace dvfo::link::faults {

void outlet::leave(chunk piece) {
  if (is_finished_) return;
  piece.at = latest_ = std::max(latest_, piece.at);
  cost_ += cost_of(piece);
  waiting_.push_back(std::move(piece));
}

void outlet::finish(instant at, chunk::kind how) {
  if (!last_ || at < last_->at) last_ = chunk{at, how};
}

std::optional<instant> outlet::next() const {
  if (is_finished_) return std::nullopt;
  if (waiting_.empty()) return last_ ? std::optional(last_->at) : std::nullopt;
  return last_ ? std::min(last_->at, waiting_.front().at) : waiting_.front().at;
}

std::optional<chunk> outlet::take(instant now) {
  const auto when = next();
  if (!when || *when > now) return std::nullopt;
  if (!waiting_.empty() && (!last_ || waiting_.front().at <= last_->at)) {
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    cost_ -= cost_of(first);
    return first;
  }
  is_finished_ = true;
  waiting_.clear();
  cost_ = 0;
  return std::move(last_);
}

std::deque<chunk> outlet::clear() {
  if (!is_finished_) last_.reset();
  latest_ = instant{};
  cost_ = 0;
  return std::exchange(waiting_, {});
}

std::span<const toxic_kind* const> toxic_kinds() {
  static const std::array all = {&latency(), &bandwidth(),  &loss(),       &slicer(),     &corrupt(),
                                 &timeout(), &limit_data(), &reset_peer(), &slow_close(), &down()};
  return all;
}

const toxic_kind* find_kind(std::string_view name) {
  const auto all = toxic_kinds();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto* each) { return each->name == name; });
  return found == all.end() ? nullptr : *found;
}

double number(const attribute_values& values, std::string_view name) {
  return std::get<double>(values.find(name)->second);
}

const std::string& text(const attribute_values& values, std::string_view name) {
  return std::get<std::string>(values.find(name)->second);
}

}  // namespace dvfo::link::faults
