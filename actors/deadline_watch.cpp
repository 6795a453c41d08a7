#include "actors/deadline_watch.hpp"

namespace dvfo::actors {

std::optional<time_point> deadline_watch::set(std::uint64_t key, time_point due) {
  erase(key);
  dues_.emplace(key, due);
  order_.emplace(due, key);
  return ask_for(due);
}

void deadline_watch::erase(std::uint64_t key) {
  const auto place = dues_.find(key);
  if (place == dues_.end()) return;
  order_.erase({place->second, key});
  dues_.erase(place);
}

deadline_watch::look deadline_watch::look_at(time_point now) {
  if (!looks_.empty()) looks_.erase(looks_.begin());
  look out;
  while (!order_.empty() && order_.begin()->first <= now) {
    out.over.push_back(order_.begin()->second);
    erase(out.over.back());
  }
  if (!order_.empty()) out.next = ask_for(order_.begin()->first);
  return out;
}

std::optional<time_point> deadline_watch::ask_for(time_point due) {
  if (!looks_.empty() && *looks_.begin() <= due) return std::nullopt;
  looks_.insert(due);
  return due;
}

}  // namespace dvfo::actors
