# LibTorch as dvfo::torch, and one precompiled header for all that see it.
#
# Two ways to find it:
#  1. A LibTorch of one's own (CUDA, or newer than the distribution's): -DCMAKE_PREFIX_PATH=<libtorch> or -DTorch_DIR=<folder of
#     TorchConfig.cmake>. Its own configuration is used, and it wins over the distribution's package.
#  2. Debian's libtorch-dev. Its configuration asks for packages needed only to build LibTorch itself, so headers and libraries
#     are taken from where they are installed.
find_package(Torch CONFIG QUIET NO_SYSTEM_ENVIRONMENT_PATH NO_CMAKE_SYSTEM_PATH NO_CMAKE_PACKAGE_REGISTRY
  NO_CMAKE_SYSTEM_PACKAGE_REGISTRY)

add_library(dvfo_torch INTERFACE)
add_library(dvfo::torch ALIAS dvfo_torch)
if(Torch_FOUND)
  if("${TORCH_CXX_FLAGS}" MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
    message(FATAL_ERROR "LibTorch in ${Torch_DIR} uses the old C++ library interface (_GLIBCXX_USE_CXX11_ABI=0), which cannot be "
      "linked with this system's libraries. Take the download marked 'cxx11 ABI'.")
  endif()
  target_link_libraries(dvfo_torch INTERFACE torch)
  target_include_directories(dvfo_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  set(dvfo_torch_place "${Torch_DIR}")
else()
  find_path(DVFO_TORCH_API torch/torch.h PATH_SUFFIXES torch/csrc/api/include)
  find_library(DVFO_TORCH_CPU torch_cpu)
  find_library(DVFO_TORCH_C10 c10)
  mark_as_advanced(DVFO_TORCH_API DVFO_TORCH_CPU DVFO_TORCH_C10)
  if(NOT (DVFO_TORCH_API AND DVFO_TORCH_CPU AND DVFO_TORCH_C10))
    message(FATAL_ERROR "LibTorch not found (torch/torch.h: ${DVFO_TORCH_API}, libtorch_cpu: ${DVFO_TORCH_CPU}). "
      "On Debian: deploy/install-build-dependencies. Elsewhere unpack LibTorch and pass -DCMAKE_PREFIX_PATH=<its folder>.")
  endif()
  target_link_libraries(dvfo_torch INTERFACE "${DVFO_TORCH_CPU}" "${DVFO_TORCH_C10}" Threads::Threads)
  target_include_directories(dvfo_torch SYSTEM INTERFACE "${DVFO_TORCH_API}")
  set(dvfo_torch_place "${DVFO_TORCH_CPU}")
endif()
message(STATUS "LibTorch: ${dvfo_torch_place}")

# The precompiled header belongs to a library of its own, so that every user takes the same one and none compiles it again.
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/torch_pch.cpp" CONTENT "// Carries the precompiled header.\n" @ONLY)
add_library(dvfo_torch_pch OBJECT EXCLUDE_FROM_ALL "${PROJECT_BINARY_DIR}/torch_pch.cpp")
target_link_libraries(dvfo_torch_pch PRIVATE dvfo::flags dvfo::torch)
target_precompile_headers(dvfo_torch_pch PRIVATE "${PROJECT_SOURCE_DIR}/inference/torch_pch.hpp")

# dvfo_use_torch(target…): for targets of ours whose own sources include LibTorch: links it and reuses the precompiled header,
# which saves some twenty seconds a translation unit. The targets must link dvfo::flags and set no compile options that change the
# language or the machine (-march, -fPIC …), because GCC then rejects the precompiled header.
function(dvfo_use_torch)
  foreach(target IN LISTS ARGN)
    target_link_libraries(${target} PRIVATE dvfo::torch)
    target_precompile_headers(${target} REUSE_FROM dvfo_torch_pch)
  endforeach()
endfunction()
