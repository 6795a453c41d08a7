#include "actors/batch_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dvfo::actors {

void batch_queue::push(waiting_request request) {
  groups_[request.kind].push_back(std::move(request));
  ++size_;
}

template <class F>
std::vector<waiting_request> batch_queue::take_oldest(F&& is_ready) {
  auto best = groups_.end();
  for (auto it = groups_.begin(); it != groups_.end(); ++it) {
    const auto arrived = it->second.front().arrived;
    if (is_ready(it->second) && (best == groups_.end() || arrived < best->second.front().arrived)) best = it;
  }
  if (best == groups_.end()) return {};
  auto& waiting = best->second;
  const auto count = std::min(waiting.size(), rules_.max_batch);
  const auto end = waiting.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<waiting_request> batch(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
  waiting.erase(waiting.begin(), end);
  if (waiting.empty()) groups_.erase(best);
  size_ -= count;
  return batch;
}

std::vector<waiting_request> batch_queue::take_ripe(time_point now) {
  return take_oldest([&](const group& waiting) {
    return waiting.size() >= rules_.max_batch || now - waiting.front().arrived >= rules_.max_delay;
  });
}

std::vector<waiting_request> batch_queue::take_full() {
  return take_oldest([&](const group& waiting) { return waiting.size() >= rules_.max_batch; });
}

std::vector<waiting_request> batch_queue::take_expired(time_point now) {
  std::vector<waiting_request> expired;
  for (auto& [kind, waiting] : groups_) {
    const auto first_expired = std::stable_partition(waiting.begin(), waiting.end(),
                                                     [now](const auto& request) { return request.expires > now; });
    std::move(first_expired, waiting.end(), std::back_inserter(expired));
    waiting.erase(first_expired, waiting.end());
  }
  std::erase_if(groups_, [](const auto& entry) { return entry.second.empty(); });
  size_ -= expired.size();
  return expired;
}

std::optional<time_point> batch_queue::next_ripening() const {
  std::optional<time_point> next;
  for (const auto& [kind, waiting] : groups_) {
    const auto ripe_at = waiting.front().arrived + rules_.max_delay;
    if (!next || ripe_at < *next) next = ripe_at;
  }
  return next;
}

}  // namespace dvfo::actors
