#include "messages/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "dvfo/v1/inference.pb.h"
#include "messages/text.hpp"

namespace dvfo::messages {

namespace {

/// Collects the first fault of one message.
class fault {
 public:
  explicit fault(const char* message) : message_(message) {}

  void require(bool holds, const char* field, const std::string& found, const char* expected) {
    if (!holds && text_.empty()) text_ = fmt::format("{}.{} is {}, expected {}", message_, field, found, expected);
  }
  void require_seconds(double value, const char* field) {
    require(std::isfinite(value) && value >= 0.0, field, fmt::format("{}", value),
            "a finite number of seconds from 0 on");
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  const char* message_;
  std::string text_;
};

/// Size and syntax, before any field is looked at. Returns the fault, empty if there is none.
template <class Message>
std::string parse_bytes(Message& out, std::string_view bytes, std::size_t limit, const char* name) {
  if (bytes.size() > limit) {
    return fmt::format("{} of {} bytes, expected at most {}; the peer speaks another protocol or is hostile", name,
                       bytes.size(), limit);
  }
  if (!out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fmt::format("{} bytes are no Protobuf message {}; the peer speaks another protocol or is hostile",
                       bytes.size(), name);
  }
  return {};
}

bool is_known(int code) {
  switch (static_cast<reply_code>(code)) {
    case reply_code::ok:
    case reply_code::busy:
    case reply_code::expired:
    case reply_code::bad_request:
    case reply_code::bundle_mismatch:
    case reply_code::failed:
      return code >= 0 && code <= std::numeric_limits<std::uint8_t>::max();
  }
  return false;
}

bool is_carrier(int kind) {
  return kind == v1::CARRIER_FEATURES || kind == v1::CARRIER_JPEG || kind == v1::CARRIER_PIXELS;
}

template <class T>
checked<T> failed(std::string error) {
  return {std::nullopt, std::move(error)};
}

}  // namespace

checked<infer_request> parse_infer_request(std::string_view bytes) {
  v1::InferRequest in;
  if (auto error = parse_bytes(in, bytes, max_request_bytes, "InferRequest"); !error.empty()) {
    return failed<infer_request>(std::move(error));
  }
  fault first("InferRequest");
  first.require(in.share() >= 0.0 && in.share() <= 1.0, "share", fmt::format("{}", in.share()), "0 to 1");
  first.require_seconds(in.budget_seconds(), "budget_seconds");
  first.require(!in.frame().empty(), "frame", "empty", "a feature frame or an image");
  first.require(is_carrier(in.carrier()), "carrier", fmt::format("{}", static_cast<int>(in.carrier())),
                "a carrier of this protocol version");
  const bool is_pixels = in.carrier() == v1::CARRIER_PIXELS;
  first.require(is_pixels ? in.width() > 0 && in.width() <= max_image_width : in.width() == 0, "width",
                fmt::format("{}", in.width()), is_pixels ? "1 to 8192 pixels" : "0, because the frame holds no pixels");
  first.require(!is_pixels || in.width() == 0 || in.frame().size() % (std::size_t{3} * in.width()) == 0, "frame",
                fmt::format("{} bytes", in.frame().size()), "whole rows of 3 bytes a pixel");
  if (!first.text().empty()) return failed<infer_request>(first.text());
  return {infer_request{.task_id = in.task_id(),
                        .bundle_id = in.bundle_id(),
                        .share = in.share(),
                        .budget_seconds = in.budget_seconds(),
                        .frame = std::move(*in.mutable_frame()),
                        .kind = static_cast<frame_kind>(in.carrier()),
                        .width = in.width()},
          {}};
}

checked<infer_reply> parse_infer_reply(std::string_view bytes) {
  v1::InferReply in;
  if (auto error = parse_bytes(in, bytes, max_reply_bytes, "InferReply"); !error.empty()) {
    return failed<infer_reply>(std::move(error));
  }
  fault first("InferReply");
  const auto& logits = in.logits();
  const bool is_ok = in.code() == v1::REPLY_CODE_OK;
  first.require(is_known(in.code()), "code", fmt::format("{}", static_cast<int>(in.code())),
                "a code of this protocol version");
  first.require(is_ok == !logits.empty(), "logits", fmt::format("{} values", logits.size()),
                is_ok ? "one a class, because code is ok" : "none, because code is not ok");
  first.require(static_cast<std::size_t>(logits.size()) <= max_classes, "logits",
                fmt::format("{} values", logits.size()), "at most 65536");
  first.require(std::ranges::all_of(logits, [](float x) { return std::isfinite(x); }), "logits",
                "not finite throughout", "finite numbers");
  first.require_seconds(in.queue_seconds(), "queue_seconds");
  first.require_seconds(in.decode_seconds(), "decode_seconds");
  first.require_seconds(in.compute_seconds(), "compute_seconds");
  if (!first.text().empty()) return failed<infer_reply>(first.text());
  return {infer_reply{.task_id = in.task_id(),
                      .logits = {logits.begin(), logits.end()},
                      .queue_seconds = in.queue_seconds(),
                      .decode_seconds = in.decode_seconds(),
                      .compute_seconds = in.compute_seconds(),
                      .batch_size = in.batch_size(),
                      .code = static_cast<reply_code>(in.code()),
                      .text = clean_text(in.text())},
          {}};
}

checked<hello_request> parse_hello_request(std::string_view bytes) {
  v1::HelloRequest in;
  if (auto error = parse_bytes(in, bytes, max_hello_bytes, "HelloRequest"); !error.empty()) {
    return failed<hello_request>(std::move(error));
  }
  return {hello_request{.protocol = in.protocol_version(), .bundle_id = in.bundle_id(), .padding = in.padding()}, {}};
}

checked<hello_reply> parse_hello_reply(std::string_view bytes) {
  v1::HelloReply in;
  if (auto error = parse_bytes(in, bytes, max_hello_bytes, "HelloReply"); !error.empty()) {
    return failed<hello_reply>(std::move(error));
  }
  return {hello_reply{.protocol = in.protocol_version(),
                      .bundle_id = in.bundle_id(),
                      .bundle_name = clean_text(in.bundle_name()),
                      .channels = in.channels(),
                      .height = in.height(),
                      .width = in.width(),
                      .bits = in.bits(),
                      .classes = in.classes()},
          {}};
}

std::string compare(const hello_reply& ours, const hello_reply& theirs) {
  if (ours.protocol != theirs.protocol) {
    return fmt::format("the cloud speaks protocol version {}, expected {}; run the same release on both nodes",
                       theirs.protocol, ours.protocol);
  }
  if (ours.bundle_id != theirs.bundle_id) {
    return fmt::format(
        "the cloud serves model bundle \"{}\" (id {:016x}), this node holds \"{}\" (id {:016x}); give both nodes the "
        "same bundle",
        theirs.bundle_name, theirs.bundle_id, ours.bundle_name, ours.bundle_id);
  }
  const auto shape = [](const hello_reply& x) {
    return fmt::format("{}x{}x{} at {} bits, {} classes", x.channels, x.height, x.width, x.bits, x.classes);
  };
  if (shape(ours) != shape(theirs)) {
    return fmt::format("the cloud reads features of {}, this node sends {}; give both nodes the same bundle",
                       shape(theirs), shape(ours));
  }
  return {};
}

}  // namespace dvfo::messages
