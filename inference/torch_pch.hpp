#pragma once

// Precompiled once for every translation unit that sees LibTorch: its headers cost some twenty seconds each time.
#include <torch/torch.h>
