#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "link/faults/address.hpp"
#include "link/faults/loop.hpp"
#include "link/faults/pipeline.hpp"
#include "link/faults/toxic_settings.hpp"

namespace dvfo::link::faults {

/// A client's connection and the one to the server behind the proxy, and both ways between them. Of the loop's thread.
/// An end that closes or breaks does so at the other end, too, when the toxics let it arrive there.
class connection : public loop::retired, private loop::sleeper {
 public:
  /// Whose connection it is.
  class owner {
   public:
    /// The server has been reached; toxics can be put to work.
    virtual void opened(connection& which) = 0;

    /// It is over; the owner gives it to loop::retire.
    virtual void closed(connection& which, const std::string& reason) = 0;

    /// Memory that each way may hold.
    [[nodiscard]] virtual std::size_t share() const = 0;

   protected:
    ~owner() = default;
  };

  connection(loop& turns, owner& whose, std::uint64_t number, descriptor client);

  /// Connects to the server; the owner is told what comes of it, perhaps before this returns.
  void begin(const endpoint& server);

  /// Toxics of this connection. Call `refresh` after changes.
  pipeline& way(stream which) { return ways_[which == stream::upstream ? 0 : 1].pipe; }
  void refresh();

  /// At once. The reason is told to the owner.
  void close(const std::string& reason);

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] const std::string& client() const { return client_; }
  [[nodiscard]] bool is_open() const { return phase_ == phase::open; }
  [[nodiscard]] std::uint64_t delivered(stream which) const {
    return ways_[which == stream::upstream ? 0 : 1].delivered;
  }

 private:
  enum class phase { connecting, open, lingering, closed };

  struct side : loop::watcher {
    explicit side(connection& whole) : of(whole) {}
    void changed(std::uint32_t events) override;

    connection& of;
    descriptor socket = descriptor();
    bool is_readable = false;
    bool is_writable = false;
    bool has_ended = false;  // it says no more
    bool is_broken = false;
  };

  struct one_way {
    one_way(side& source, side& sink) : from(source), to(sink) {}

    pipeline pipe = {};
    side& from;
    side& to;
    std::uint64_t delivered = 0;
    bool is_over = false;  // its end has been delivered
  };

  template <class Work>
  void guarded(const Work& work);
  void wake() override;
  void changed();
  void finish_connecting();
  void pump();
  bool move(one_way& way);
  bool deliver(one_way& way);
  bool send_first(one_way& way);
  bool receive(one_way& way, instant now, std::size_t& budget);
  void broken(side& which);
  void linger();
  void drain(side& which);
  void reset();

  loop& loop_;
  owner& owner_;
  std::uint64_t number_;
  std::string client_;
  phase phase_ = phase::connecting;
  bool has_news_ = false;  // something was put into a way that may have been looked at already
  side near_{*this};
  side far_{*this};
  std::array<one_way, 2> ways_{one_way(near_, far_), one_way(far_, near_)};
};

}  // namespace dvfo::link::faults
