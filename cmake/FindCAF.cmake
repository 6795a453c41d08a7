# FindCAF: the C++ Actor Framework 0.17, whose Debian package ships neither a CMake nor a pkg-config file.
#
#   find_package(CAF REQUIRED COMPONENTS core io openssl)
#
# Targets: CAF::core; CAF::io (brings CAF::core); CAF::openssl (brings CAF::io and OpenSSL). Without COMPONENTS: core and io.
# Variables: CAF_FOUND, CAF_VERSION, CAF_INCLUDE_DIR. A CAF outside the usual places is found with -DCAF_ROOT=<prefix>.
#
# Any release but 0.17.x counts as not found: 0.18 changed nearly every call (atoms, inspect, typed interfaces, wire format).
include(FindPackageHandleStandardArgs)

if(NOT CAF_FIND_COMPONENTS)
  set(CAF_FIND_COMPONENTS core io)
endif()
# A component needs those below it, asked for or not.
set(caf_wanted core)
if("io" IN_LIST CAF_FIND_COMPONENTS OR "openssl" IN_LIST CAF_FIND_COMPONENTS)
  list(APPEND caf_wanted io)
endif()
if("openssl" IN_LIST CAF_FIND_COMPONENTS)
  list(APPEND caf_wanted openssl)
endif()

find_path(CAF_INCLUDE_DIR caf/config.hpp)
mark_as_advanced(CAF_INCLUDE_DIR)
set(caf_variables CAF_INCLUDE_DIR CAF_VERSION)
foreach(component IN LISTS caf_wanted)
  find_library(CAF_${component}_LIBRARY caf_${component})
  mark_as_advanced(CAF_${component}_LIBRARY)
  list(APPEND caf_variables CAF_${component}_LIBRARY)
  if(CAF_${component}_LIBRARY)
    set(CAF_${component}_FOUND TRUE)
  endif()
endforeach()

# config.hpp says CAF_VERSION as major * 10000 + minor * 100 + patch: 1706 is 0.17.6. Later releases define it elsewhere.
set(caf_reason "needed is CAF 0.17 (Debian: apt-get install libcaf-dev, elsewhere: -DCAF_ROOT=<prefix>)")
unset(CAF_VERSION)
if(CAF_INCLUDE_DIR)
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" caf_version_line REGEX "^#define CAF_VERSION +[0-9]+")
  if(caf_version_line MATCHES "CAF_VERSION +([0-9]+)")
    math(EXPR caf_major "${CMAKE_MATCH_1} / 10000")
    math(EXPR caf_minor "${CMAKE_MATCH_1} / 100 % 100")
    math(EXPR caf_patch "${CMAKE_MATCH_1} % 100")
    set(CAF_VERSION "${caf_major}.${caf_minor}.${caf_patch}")
  endif()
  if(NOT "${CAF_VERSION}" MATCHES "^0\\.17\\.")
    string(PREPEND caf_reason "${CAF_INCLUDE_DIR} holds CAF '${CAF_VERSION}', ")
    unset(CAF_VERSION)
  endif()
endif()

find_package_handle_standard_args(CAF REQUIRED_VARS ${caf_variables} VERSION_VAR CAF_VERSION HANDLE_COMPONENTS
  REASON_FAILURE_MESSAGE "${caf_reason}")

if(CAF_FOUND)
  find_package(Threads REQUIRED)
  set(caf_below_core Threads::Threads)
  set(caf_below_io CAF::core)
  if("openssl" IN_LIST caf_wanted)
    find_package(OpenSSL REQUIRED)
    set(caf_below_openssl CAF::io OpenSSL::SSL OpenSSL::Crypto)
  endif()
  foreach(component IN LISTS caf_wanted)
    if(NOT TARGET CAF::${component})
      add_library(CAF::${component} UNKNOWN IMPORTED)
      set_target_properties(CAF::${component} PROPERTIES
        IMPORTED_LOCATION "${CAF_${component}_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
        INTERFACE_LINK_LIBRARIES "${caf_below_${component}}")
    endif()
  endforeach()
endif()
