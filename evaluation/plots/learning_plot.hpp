#pragma once

#include <string>
#include <vector>

#include "policy/training/policy_trainer.hpp"

namespace dvfo::evaluation {

/// The learning curve as comma-separated values, a head line first.
std::string curve_csv(const std::vector<policy::learning_point>& curve);

/// Mean and worst regret against tasks as a picture (SVG), regret on a logarithmic scale. Empty for an empty curve.
std::string curve_svg(const std::vector<policy::learning_point>& curve, const std::string& title);

}  // namespace dvfo::evaluation
