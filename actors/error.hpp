#pragma once

#include <cstdint>
#include <string>

#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>

namespace dvfo::actors {

/// Why an actor could not do what it was asked. The numbers appear in logs and never change their meaning.
enum class ec : std::uint8_t {
  ok = 0,
  busy = 10,       ///< as many tasks are in flight as are allowed: send fewer at once or try again
  deadline = 20,   ///< the task's time was over before there was an answer
  stopping = 30,   ///< the node finishes what it has and takes nothing new
  bad_task = 40,   ///< a field of the task is outside its range
  inference = 50,  ///< the model, the codec or an image failed; the context is its own text
  cloud = 60,      ///< the cloud was needed, refused, and nothing local could stand in
  internal = 70,   ///< a defect of ours
};

/// The code's name, e.g. "deadline".
const char* to_string(ec code);

/// An error with the text that names what was found, expected and to do.
caf::error make_failure(ec code, const std::string& text);

/// The code of `failure`, or ec::internal if it is no error of this project.
ec code_of(const caf::error& failure);

/// The text of `failure` for people: its context, or CAF's rendering of a foreign error.
std::string text_of(const caf::error& failure);

}  // namespace dvfo::actors

CAF_ERROR_CODE_ENUM(dvfo::actors::ec, "dvfo")
