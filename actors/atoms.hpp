#pragma once

#include <caf/atom.hpp>

/// Every atom of the system. Ten characters at most; the word says what the receiver is asked to do.
namespace dvfo::actors {

using infer_atom = caf::atom_constant<caf::atom("infer")>;      ///< classify
using hello_atom = caf::atom_constant<caf::atom("hello")>;      ///< say what you serve
using run_atom = caf::atom_constant<caf::atom("run")>;          ///< carry an admitted task through all stages
using decide_atom = caf::atom_constant<caf::atom("decide")>;    ///< hand over the prepared decision
using observe_atom = caf::atom_constant<caf::atom("observe")>;  ///< learn what a task cost
using apply_atom = caf::atom_constant<caf::atom("apply")>;      ///< set frequencies
using extract_atom = caf::atom_constant<caf::atom("extract")>;  ///< extract features, then run the local half
using local_atom = caf::atom_constant<caf::atom("local")>;      ///< run the local DNN alone
using offload_atom = caf::atom_constant<caf::atom("offload")>;  ///< send the secondary channels away
using encode_atom = caf::atom_constant<caf::atom("encode")>;    ///< make a frame of an input
using fuse_atom = caf::atom_constant<caf::atom("fuse")>;        ///< weigh two halves into one
using batch_atom = caf::atom_constant<caf::atom("batch")>;      ///< compute one batch
using sense_atom = caf::atom_constant<caf::atom("sense")>;      ///< newest reading
using join_atom = caf::atom_constant<caf::atom("join")>;        ///< tell this listener of everything new
using watch_atom = caf::atom_constant<caf::atom("watch")>;      ///< tasks are under way: keep reading for a while
using tick_atom = caf::atom_constant<caf::atom("tick")>;        ///< to oneself: time for the next reading
using probe_atom = caf::atom_constant<caf::atom("probe")>;      ///< to oneself: nothing was sent for long
using status_atom = caf::atom_constant<caf::atom("status")>;    ///< how do you stand
using settle_atom = caf::atom_constant<caf::atom("settle")>;    ///< answer once the first attempt is decided
using retry_atom = caf::atom_constant<caf::atom("retry")>;      ///< to oneself: try again now
using ripen_atom = caf::atom_constant<caf::atom("ripen")>;      ///< to oneself: a batch may have waited long enough
using expire_atom = caf::atom_constant<caf::atom("expire")>;    ///< to oneself: a deadline may be over
using drain_atom = caf::atom_constant<caf::atom("drain")>;      ///< finish what is in flight, take nothing new

}  // namespace dvfo::actors
