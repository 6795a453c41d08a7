#include "messages/inference.hpp"

#include "dvfo/v1/inference.pb.h"
#include "messages/text.hpp"

namespace dvfo::messages {

const char* to_string(reply_code code) {
  switch (code) {
    case reply_code::ok:
      return "ok";
    case reply_code::busy:
      return "busy";
    case reply_code::expired:
      return "expired";
    case reply_code::bad_request:
      return "bad_request";
    case reply_code::bundle_mismatch:
      return "bundle_mismatch";
    case reply_code::failed:
      return "failed";
  }
  return "unknown";
}

std::string encode(const infer_request& message) {
  v1::InferRequest out;
  out.set_task_id(message.task_id);
  out.set_bundle_id(message.bundle_id);
  out.set_share(message.share);
  out.set_budget_seconds(message.budget_seconds);
  out.set_frame(message.frame);
  out.set_carrier(static_cast<v1::Carrier>(message.kind));
  out.set_width(message.width);
  return out.SerializeAsString();
}

std::string encode(const infer_reply& message) {
  v1::InferReply out;
  out.set_task_id(message.task_id);
  out.mutable_logits()->Add(message.logits.begin(), message.logits.end());
  out.set_queue_seconds(message.queue_seconds);
  out.set_decode_seconds(message.decode_seconds);
  out.set_compute_seconds(message.compute_seconds);
  out.set_batch_size(message.batch_size);
  out.set_code(static_cast<v1::ReplyCode>(message.code));
  out.set_text(clean_text(message.text));
  return out.SerializeAsString();
}

std::string encode(const hello_request& message) {
  v1::HelloRequest out;
  out.set_protocol_version(message.protocol);
  out.set_bundle_id(message.bundle_id);
  out.set_padding(message.padding);
  return out.SerializeAsString();
}

std::string encode(const hello_reply& message) {
  v1::HelloReply out;
  out.set_protocol_version(message.protocol);
  out.set_bundle_id(message.bundle_id);
  out.set_bundle_name(clean_text(message.bundle_name));
  out.set_channels(message.channels);
  out.set_height(message.height);
  out.set_width(message.width);
  out.set_bits(message.bits);
  out.set_classes(message.classes);
  return out.SerializeAsString();
}

}  // namespace dvfo::messages
