# Flags of our own code: every target of ours links dvfo::flags, nothing else does.

# ccache where it is installed. A precompiled header is cached only with this sloppiness (ccache manual, "Precompiled headers").
find_program(DVFO_CCACHE ccache DOC "Compiler cache; leave empty to compile without")
if(DVFO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${DVFO_CCACHE}")
endif()

add_library(dvfo_flags INTERFACE)
add_library(dvfo::flags ALIAS dvfo_flags)
target_include_directories(dvfo_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(dvfo_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual -Werror)
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(dvfo_flags INTERFACE _GLIBCXX_ASSERTIONS)  # bounds checks in the standard library
endif()
if(DVFO_SANITIZERS)
  target_compile_options(dvfo_flags INTERFACE
    -fsanitize=${DVFO_SANITIZERS} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(dvfo_flags INTERFACE -fsanitize=${DVFO_SANITIZERS})
endif()
