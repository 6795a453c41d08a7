#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "link/faults/chunk.hpp"
#include "link/faults/toxic.hpp"

namespace dvfo::link::faults {

/// One way of one connection: its toxics, one behind the other in the order in which they were added, and what is
/// between them. Knows neither sockets nor a clock. Not thread-safe.
///
/// A chunk enters a toxic at the very time at which it leaves the one before, however late `advance` is called, so that
/// the same stream comes out the same.
class pipeline {
 public:
  /// Puts a toxic at the end; none (nullptr): the connection was not drawn, but the name has its place.
  void add(std::string name, std::unique_ptr<toxic> fault, instant now);

  /// Takes a toxic away, or puts another in its place: what it holds goes on at once. Nothing happens where there is no
  /// toxic of that name.
  void remove(std::string_view name, instant now);
  void change(std::string_view name, std::unique_ptr<toxic> fault, instant now);

  /// A chunk arrives, at its time.
  void push(chunk arriving);

  /// Lets time pass.
  void advance(instant now);

  /// The first of what has come out by the last `advance`, or nullptr. A reset overtakes what still waits here.
  [[nodiscard]] const chunk* front() const { return ready_.empty() ? nullptr : &ready_.front(); }

  /// The first `bytes` bytes of that data chunk have been sent.
  void consume(std::size_t bytes);

  /// That chunk, whatever it is, has been dealt with.
  void pop();

  /// Bytes of the first chunk that have been sent already.
  [[nodiscard]] std::size_t consumed() const { return consumed_; }

  /// When something leaves a toxic next; nothing where only a chunk can change anything.
  [[nodiscard]] std::optional<instant> next() const;

  /// Whether more may be pushed: no toxic has fallen behind, and less than `most` bytes of memory are held.
  [[nodiscard]] bool accepts(instant now, std::size_t most) const;

  /// Memory that the chunks inside take, in bytes, or will take when they have passed the toxics before them.
  [[nodiscard]] std::size_t held() const;

 private:
  struct stage {
    std::string name;
    std::unique_ptr<toxic> fault;
    outlet out;
  };

  std::vector<stage>::iterator find(std::string_view name);
  void enter(std::size_t index, chunk arriving);
  void come_out(chunk leaving);
  void flush(std::size_t index, instant now);

  std::vector<stage> stages_;
  std::deque<chunk> ready_;
  std::size_t ready_cost_ = 0;
  std::size_t consumed_ = 0;
};

}  // namespace dvfo::link::faults
