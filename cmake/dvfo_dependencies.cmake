# Every outside library, found once. Targets link the names below, never a path. deploy/install-build-dependencies installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(OpenSSL REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)

# The allocator of our programs: LibTorch allocates every activation anew, and jemalloc makes the quarter-width local DNN a quarter faster than
# the C library's allocator does (docs/performance.md). Sanitizers bring their own.
add_library(dvfo_allocator INTERFACE)
add_library(dvfo::allocator ALIAS dvfo_allocator)
if(NOT DVFO_SANITIZERS)
  pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET jemalloc)
  target_link_libraries(dvfo_allocator INTERFACE PkgConfig::jemalloc)
  target_sources(dvfo_allocator INTERFACE ${PROJECT_SOURCE_DIR}/configuration/allocator_settings.cpp)
endif()

include(dvfo_torch)
include(dvfo_test)

if(DVFO_NODES)
  find_package(CAF REQUIRED COMPONENTS core io)
  find_package(Protobuf REQUIRED)

  # CAF for our own targets. The definition changes no layout: it turns a message type that was never registered, which CAF
  # would report only at run time and only across nodes, into a compile error.
  add_library(dvfo_caf INTERFACE)
  add_library(dvfo::caf ALIAS dvfo_caf)
  target_link_libraries(dvfo_caf INTERFACE CAF::core CAF::io)
  target_compile_definitions(dvfo_caf INTERFACE CAF_ENABLE_TYPE_ID_CHECKS)
endif()
if(DVFO_TESTS)
  find_package(GTest REQUIRED)
endif()
if(DVFO_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
