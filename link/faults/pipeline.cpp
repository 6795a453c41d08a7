#include "link/faults/pipeline.hpp"

#include <algorithm>
#include <utility>

namespace dvfo::link::faults {

std::vector<pipeline::stage>::iterator pipeline::find(std::string_view name) {
  return std::find_if(stages_.begin(), stages_.end(), [&](const stage& each) { return each.name == name; });
}

void pipeline::add(std::string name, std::unique_ptr<toxic> fault, instant now) {
  auto& added = stages_.emplace_back(stage{std::move(name), std::move(fault), {}});
  if (added.fault) added.fault->begin(now, added.out);
}

/// What the stage holds goes into the next one, in order.
void pipeline::flush(std::size_t index, instant now) {
  for (auto& each : stages_[index].out.clear()) {
    each.at = now;
    enter(index + 1, std::move(each));
  }
}

void pipeline::remove(std::string_view name, instant now) {
  advance(now);
  const auto found = find(name);
  if (found == stages_.end()) return;
  const auto index = static_cast<std::size_t>(found - stages_.begin());
  flush(index, now);
  if (found->fault) found->fault->cease(now, found->out);
  while (auto last = found->out.take(now)) enter(index + 1, std::move(*last));
  stages_.erase(found);
  advance(now);
}

void pipeline::change(std::string_view name, std::unique_ptr<toxic> fault, instant now) {
  advance(now);
  const auto found = find(name);
  if (found == stages_.end()) return;
  const auto index = static_cast<std::size_t>(found - stages_.begin());
  flush(index, now);
  if (!fault && found->fault) found->fault->cease(now, found->out);
  while (auto last = found->out.take(now)) enter(index + 1, std::move(*last));
  found->fault = std::move(fault);
  if (found->fault) found->fault->begin(now, found->out);
  advance(now);
}

void pipeline::push(chunk arriving) { enter(0, std::move(arriving)); }

void pipeline::enter(std::size_t index, chunk arriving) {
  for (; index < stages_.size(); ++index) {
    auto& each = stages_[index];
    if (each.fault) return each.fault->pass(std::move(arriving), each.out);
  }
  come_out(std::move(arriving));
}

void pipeline::advance(instant now) {
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    while (auto leaving = stages_[i].out.take(now)) enter(i + 1, std::move(*leaving));
  }
}

void pipeline::come_out(chunk leaving) {
  if (leaving.what == chunk::kind::reset) {
    ready_.clear();
    ready_cost_ = consumed_ = 0;
  }
  ready_cost_ += cost_of(leaving);
  ready_.push_back(std::move(leaving));
}

void pipeline::consume(std::size_t bytes) {
  consumed_ += bytes;
  if (consumed_ >= ready_.front().bytes.size()) pop();
}

void pipeline::pop() {
  ready_cost_ -= cost_of(ready_.front());
  ready_.pop_front();
  consumed_ = 0;
}

std::optional<instant> pipeline::next() const {
  std::optional<instant> soonest;
  for (const auto& each : stages_) {
    const auto when = each.out.next();
    if (when && (!soonest || *when < *soonest)) soonest = when;
  }
  return soonest;
}

std::size_t pipeline::held() const {
  double out = 0.0;
  for (const auto& each : stages_) {
    if (each.fault) out *= each.fault->expansion();
    out += static_cast<double>(each.out.cost());
  }
  return ready_cost_ + static_cast<std::size_t>(out);
}

bool pipeline::accepts(instant now, std::size_t most) const {
  return held() < most && std::all_of(stages_.begin(), stages_.end(), [&](const stage& each) {
           return !each.fault || each.out.is_empty() || each.fault->has_room(now);
         });
}

}  // namespace dvfo::link::faults
