# dvfo_add_test and dvfo_add_benchmark, and the groups that `make` builds by name: benchmarks, light_tests.
add_custom_target(benchmarks COMMENT "Every benchmark program is built")
add_custom_target(light_tests COMMENT "Every test that needs neither LibTorch nor CAF is built")

# A GoogleTest program of which every test skipped: its report ends with the list of skipped tests, and none passed or failed.
set(dvfo_all_skipped "\\[  PASSED  \\] 0 tests\\.\n\\[  SKIPPED \\] [0-9]+ tests?, listed below:\n(\\[  SKIPPED \\] [^\n]+\n)+$")

# dvfo_add_test(name SOURCES a_test.cpp … LIBRARIES dvfo::x … [LABELS l …]): one GoogleTest program, one CTest entry. A program of
# which every test skips counts as skipped in CTest's summary.
function(dvfo_add_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE dvfo::flags ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  # Half of all compiling is for tests, and they gain nothing from -O3. (A precompiled header that is reused fixes the level.)
  target_compile_options(${name} PRIVATE
    $<$<AND:$<NOT:$<CONFIG:Debug>>,$<NOT:$<BOOL:$<TARGET_PROPERTY:PRECOMPILE_HEADERS_REUSE_FROM>>>>:-O1>)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 300 SKIP_REGULAR_EXPRESSION "${dvfo_all_skipped}")
endfunction()

# dvfo_add_benchmark(name SOURCES … LIBRARIES …): one Google Benchmark program; `make bench` runs every one named *_benchmark.
function(dvfo_add_benchmark name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE dvfo::flags ${arg_LIBRARIES} benchmark::benchmark_main)
  add_dependencies(benchmarks ${name})
endfunction()

# dvfo_reaches_heavy(out target): sets out to TRUE when the target links, over any number of steps, LibTorch or CAF, or starts a
# program that does (add_dependencies).
function(dvfo_reaches_heavy out target)
  set(queue ${target})
  set(seen "")
  while(queue)
    list(POP_FRONT queue item)
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" item "${item}")
    if(item MATCHES "^(dvfo::torch|dvfo_torch|CAF::.*)$")
      set(${out} TRUE PARENT_SCOPE)
      return()
    endif()
    if(item IN_LIST seen OR NOT TARGET "${item}")
      continue()
    endif()
    list(APPEND seen "${item}")
    foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES MANUALLY_ADDED_DEPENDENCIES)
      get_target_property(links "${item}" ${property})
      if(links)
        list(APPEND queue ${links})
      endif()
    endforeach()
  endwhile()
  set(${out} FALSE PARENT_SCOPE)
endfunction()

# dvfo_collect_light_tests(folder…): puts every test program under the folders that reaches neither LibTorch nor CAF into the target
# light_tests, and writes a pattern for `ctest -R` of their names to light_tests.regex in the build tree. They build in seconds, and
# are what runs under the sanitizers (`make asan`). A test program is a target with a CTest entry of the same name.
function(dvfo_collect_light_tests)
  set(folders ${ARGN})
  set(light "")
  while(folders)
    list(POP_FRONT folders folder)
    get_property(tests DIRECTORY "${folder}" PROPERTY TESTS)
    get_property(deeper DIRECTORY "${folder}" PROPERTY SUBDIRECTORIES)
    list(APPEND folders ${deeper})
    foreach(test IN LISTS tests)
      if(TARGET ${test})
        dvfo_reaches_heavy(heavy ${test})
        if(NOT heavy)
          list(APPEND light ${test})
        endif()
      endif()
    endforeach()
  endwhile()
  if(light)
    add_dependencies(light_tests ${light})
  endif()
  list(JOIN light "|" pattern)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/light_tests.regex" CONTENT "^(${pattern})$\n" @ONLY)
endfunction()
