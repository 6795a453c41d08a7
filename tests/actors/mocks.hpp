#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

#include <caf/event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "actors/interfaces.hpp"

/// Neighbours of an actor under test. A mock answers nothing by itself: each request lies on a desk until the test
/// takes it, and a message that no test took is a failure.
namespace dvfo::actors {

/// Work that a mock does when it runs next: promises may only be kept from inside their actor.
struct errand {
  std::function<void()> run;
};

inline auto runs_errands() {
  return [](const errand& work) { work.run(); };
}

template <class Request, class Reply>
class desk {
 public:
  struct item {
    Request request;
    caf::typed_response_promise<Reply> promise;
    caf::actor mock;

    /// A value or an error; run the scheduler afterwards.
    template <class Answer>
    void deliver(Answer answer) const {
      caf::anon_send(mock, errand{[owed = promise, answer]() mutable { owed.deliver(answer); }});
    }
  };

  explicit desk(const char* name) : name_(name) {}
  desk(const desk&) = delete;
  desk& operator=(const desk&) = delete;
  ~desk() { EXPECT_EQ(items_.size(), 0U) << "unexpected messages for " << name_; }

  void put(Request request, caf::typed_response_promise<Reply> promise, caf::actor mock) {
    items_.push_back({std::move(request), std::move(promise), std::move(mock)});
  }

  item take() {
    if (items_.empty()) throw std::runtime_error(std::string("no message for ") + name_);
    auto out = std::move(items_.front());
    items_.pop_front();
    return out;
  }

  [[nodiscard]] std::size_t size() const { return items_.size(); }

 private:
  const char* name_;
  std::deque<item> items_;
};

/// Notices without answer, under the same rule.
template <class Notice>
class tray {
 public:
  explicit tray(const char* name) : name_(name) {}
  tray(const tray&) = delete;
  tray& operator=(const tray&) = delete;
  ~tray() { EXPECT_EQ(items_.size(), 0U) << "unexpected notices for " << name_; }

  void put(Notice notice) { items_.push_back(std::move(notice)); }

  Notice take() {
    if (items_.empty()) throw std::runtime_error(std::string("no notice for ") + name_);
    auto out = std::move(items_.front());
    items_.pop_front();
    return out;
  }

  [[nodiscard]] std::size_t size() const { return items_.size(); }
  void clear() { items_.clear(); }

 private:
  const char* name_;
  std::deque<Notice> items_;
};

/// A handler that lays its request on `where`.
template <class Atom, class Request, class Reply>
auto onto(caf::event_based_actor* self, std::shared_ptr<desk<Request, Reply>> where) {
  return [self, where](Atom, const Request& request) -> caf::result<Reply> {
    auto promise = self->make_response_promise<Reply>();
    where->put(request, promise, caf::actor(self));
    return promise;
  };
}

/// A handler that keeps its notice in `where`.
template <class Notice>
auto into(std::shared_ptr<tray<Notice>> where) {
  return [where](const Notice& notice) { where->put(notice); };
}

/// A mock's handlers, `handlers` and errands. Whatever else comes is a failure.
template <class... Handlers>
caf::behavior mock_behavior(caf::event_based_actor* self, Handlers... handlers) {
  self->set_default_handler([](caf::scheduled_actor*, caf::message_view& message) -> caf::result<caf::message> {
    ADD_FAILURE() << "unexpected message " << caf::to_string(message.content());
    return caf::sec::unexpected_message;
  });
  return {std::move(handlers)..., runs_errands()};
}

using extraction_desk = desk<extraction_job, local_result>;
using local_desk = desk<local_job, local_result>;
using offload_desk = desk<offload_job, offload_result>;
using fusion_desk = desk<fusion_job, fusion_result>;
using decision_desk = desk<task_terms, prepared_decision>;
using wire_desk = desk<wire_message, wire_message>;
using batch_desk = desk<batch_job, batch_result>;
using run_desk = desk<admitted_task, answer>;

}  // namespace dvfo::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(dvfo::actors::errand)
