#pragma once

#include "actors/pipeline.hpp"

#include "tests/actors/actor_test.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/mocks.hpp"

/// A pipeline whose neighbours are mocks.
namespace dvfo::actors {

using policy::degraded_reason;

inline caf::behavior mock_policy(caf::event_based_actor* self, std::shared_ptr<decision_desk> decisions,
                                 std::shared_ptr<tray<task_feedback>> reports,
                                 std::shared_ptr<tray<decision_listener>> joined,
                                 std::shared_ptr<tray<decision_taken>> taken) {
  return mock_behavior(
      self, onto<decide_atom>(self, decisions),
      [reports](observe_atom, const task_feedback& report) { reports->put(report); },
      [joined](join_atom, const decision_listener& listener) { joined->put(listener); }, into(taken));
}

inline caf::behavior mock_local(caf::event_based_actor* self, std::shared_ptr<extraction_desk> extractions,
                                std::shared_ptr<local_desk> rescues) {
  return mock_behavior(self, onto<extract_atom>(self, extractions), onto<local_atom>(self, rescues));
}

inline caf::behavior mock_offload(caf::event_based_actor* self, std::shared_ptr<offload_desk> offloads) {
  return mock_behavior(self, onto<offload_atom>(self, offloads));
}

inline caf::behavior mock_fusion(caf::event_based_actor* self, std::shared_ptr<fusion_desk> fusions) {
  return mock_behavior(self, onto<fuse_atom>(self, fusions));
}

inline caf::behavior mock_power(caf::event_based_actor* self, std::shared_ptr<tray<power_listener>> joined,
                                std::shared_ptr<tray<int>> watches) {
  return mock_behavior(
      self, [joined](join_atom, const power_listener& listener) { joined->put(listener); },
      [watches](watch_atom) { watches->put(1); });
}

using frequency_desk = desk<device::clocks, device::applied_clocks>;

inline caf::behavior mock_actuator(caf::event_based_actor* self, std::shared_ptr<frequency_desk> orders) {
  return mock_behavior(self, onto<apply_atom>(self, orders));
}

class pipeline_test : public actor_test {
 protected:
  template <class Handle, class F, class... Ts>
  Handle mock(F behavior, const Ts&... desks) {
    return caf::actor_cast<Handle>(owned(system_.spawn(behavior, desks...)));
  }

  pipeline_test() {
    pipeline_options options;
    options.estimate_joules = [](const policy::outcome& cost) { return cost.stages.extract * 10.0; };
    options.power_hold = 1s;
    options.observers.emplace_back([this](const policy::outcome& cost) { observed_.push_back(cost.task_id); });
    options.observers.emplace_back([this](const policy::outcome& cost) { observed_.push_back(cost.task_id); });
    options.accepts = [](const std::vector<float>& logits) { return logits.at(0) > 0.5F; };
    pipeline_ = owned(spawn_pipeline(system_,
                                     {.policy = mock<policy_actor>(mock_policy, decisions_, reports_, joined_, taken_),
                                      .local = mock<local_inference_actor>(mock_local, extractions_, rescues_),
                                      .offload = mock<offload_actor>(mock_offload, offloads_),
                                      .fusion = mock<fusion_actor>(mock_fusion, fusions_),
                                      .actuator = mock<frequency_actuator_actor>(mock_actuator, orders_),
                                      .power = mock<power_sensor_actor>(mock_power, power_joined_, watches_)},
                                     options));
    tell(pipeline_, link_up{});
    joined_->take();
    power_joined_->take();
  }

  admitted_task task_of(std::uint64_t id, std::chrono::milliseconds time = 100ms) {
    return {.id = id,
            .task = {.input = fake_input(),
                     .budget_seconds = std::chrono::duration<double>(time).count(),
                     .eta = 0.5,
                     .lambda = {}},
            .admitted = now(),
            .deadline = now() + time};
  }

  /// Sends a task that has 100 ms, unless `time` says otherwise, and lets the policy decide for `share`.
  std::shared_ptr<reply<answer>> start(double share, std::uint64_t id = 1,
                                       policy::sending sends = policy::sending::features,
                                       std::chrono::milliseconds time = 100ms) {
    auto out = ask<answer>(pipeline_, run_atom{}, task_of(id, time));
    policy::decision decided;
    decided.share = share;
    decided.sends = sends;
    decisions_->take().deliver(prepared_decision{.decision = decided, .terms = {}, .number = ++number_});
    run();
    watches_->clear();
    return out;
  }

  static extracted features_of(const extraction_job& job) {
    const auto found = fake_extraction();
    return {.task_id = job.task_id,
            .extraction = found,
            .split = inference::split_channels(found.importance, job.share),
            .share = job.share,
            .extract_seconds = 0.001};
  }

  /// Takes the extraction job, tells the features if somebody listens and returns the job, whose local half is still
  /// owed.
  extraction_desk::item extract() {
    auto item = extractions_->take();
    if (item.request.listener) tell(item.request.listener, features_of(item.request));
    return item;
  }

  /// The local half, with the features where nobody listened for them.
  void deliver(const extraction_desk::item& item, local_result half) {
    if (!item.request.listener) half.found = features_of(item.request);
    item.deliver(half);
    run();
  }

  template <class Item, class Result>
  void deliver(const Item& item, const Result& result) {
    item.deliver(result);
    run();
  }

  static local_result local_half(std::vector<float> logits = {1.0F}) {
    return {.task_id = 1, .logits = std::move(logits), .seconds = 0.002};
  }

  static offload_result remote_half(degraded_reason reason = degraded_reason::none) {
    offload_result half;
    half.task_id = 1;
    half.degraded = reason;
    if (reason == degraded_reason::none) half.logits = {2.0F};
    return half;
  }

  std::shared_ptr<decision_desk> decisions_ = std::make_shared<decision_desk>("policy");
  std::shared_ptr<tray<task_feedback>> reports_ = std::make_shared<tray<task_feedback>>("policy's observe");
  std::shared_ptr<extraction_desk> extractions_ = std::make_shared<extraction_desk>("local_inference's extract");
  std::shared_ptr<local_desk> rescues_ = std::make_shared<local_desk>("local_inference's local");
  std::shared_ptr<offload_desk> offloads_ = std::make_shared<offload_desk>("offload");
  std::shared_ptr<fusion_desk> fusions_ = std::make_shared<fusion_desk>("fusion");
  std::shared_ptr<frequency_desk> orders_ = std::make_shared<frequency_desk>("frequency_actuator");
  std::shared_ptr<tray<decision_listener>> joined_ = std::make_shared<tray<decision_listener>>("policy's join");
  std::shared_ptr<tray<decision_taken>> taken_ = std::make_shared<tray<decision_taken>>("policy's taken");
  std::shared_ptr<tray<power_listener>> power_joined_ = std::make_shared<tray<power_listener>>("power's join");
  std::shared_ptr<tray<int>> watches_ = std::make_shared<tray<int>>("power's watch");
  std::vector<std::uint64_t> observed_;  ///< tasks, by two observers
  std::uint64_t number_ = 0;
  pipeline_actor pipeline_;
};

}  // namespace dvfo::actors
