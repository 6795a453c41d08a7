// Writes the seed corpus of the messages' fuzz target: `make_message_corpus FOLDER`.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "messages/inference.hpp"

namespace {

using dvfo::messages::hello_reply;
using dvfo::messages::hello_request;
using dvfo::messages::infer_reply;
using dvfo::messages::infer_request;
using dvfo::messages::protocol_version;
using dvfo::messages::reply_code;

void write(const std::filesystem::path& file, char kind, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary);
  out.put(kind);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

void write_corpus(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const infer_request request{.task_id = 300,
                              .bundle_id = 0x0123456789abcdef,
                              .share = 0.5,
                              .budget_seconds = 0.08,
                              .frame = std::string(64, 'f')};
  write(folder / "request", 0, encode(request));
  write(folder / "request-cut", 0, encode(request).substr(0, 40));
  infer_reply reply;
  reply.task_id = 300;
  reply.logits = {0.5F, -1.5F, 12.0F};
  reply.queue_seconds = 0.001;
  reply.decode_seconds = 0.0001;
  reply.compute_seconds = 0.004;
  reply.batch_size = 4;
  write(folder / "reply", 1, encode(reply));
  infer_reply refusal;
  refusal.task_id = 300;
  refusal.code = reply_code::busy;
  refusal.text = "256 requests are waiting already";
  write(folder / "refusal", 1, encode(refusal));
  write(folder / "hello-request", 2,
        encode(hello_request{.protocol = protocol_version, .bundle_id = 0x0123456789abcdef}));
  write(folder / "hello-reply", 3,
        encode(hello_reply{.protocol = protocol_version,
                           .bundle_id = 0x0123456789abcdef,
                           .bundle_name = "cifar100-resnet18-w32",
                           .channels = 32,
                           .height = 8,
                           .width = 8,
                           .bits = 4,
                           .classes = 100}));
  write(folder / "empty", 0, {});
  write(folder / "noise", 1, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_message_corpus FOLDER\n";
    return 2;
  }
  try {
    write_corpus(argv[1]);
  } catch (const std::exception& failure) {
    std::cerr << "make_message_corpus: " << failure.what() << '\n';
    return 1;
  }
  return 0;
}
