# Warnings and sanitizers for our own code, and the two kinds of target.

add_library(parley_options INTERFACE)
target_compile_options(parley_options INTERFACE
  -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-field-initializers)
target_include_directories(parley_options INTERFACE ${CMAKE_SOURCE_DIR})
if(PARLEY_SANITIZE)
  target_compile_options(parley_options INTERFACE
    -fsanitize=${PARLEY_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(parley_options INTERFACE
    -fsanitize=${PARLEY_SANITIZE})
endif()
if(PARLEY_SANITIZE MATCHES "thread")
  include(ThreadSanitizer)
endif()

# parley_library(name SOURCES a.cc ... HEADERS a.h ... [DEPS ...])
# One library per folder. DEPS are public: the folder's row in the table of
# ARCHITECTURE.md, which tools/check_repo.py compares with the includes.
function(parley_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES} ${ARG_HEADERS})
    target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE parley_options)
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  else()
    add_library(${name} INTERFACE ${ARG_HEADERS})
    target_link_libraries(${name} INTERFACE ${ARG_DEPS})
    target_include_directories(${name} INTERFACE ${CMAKE_SOURCE_DIR})
  endif()
endfunction()

# parley_program(name SOURCES ... [DEPS ...]): a program in build/<preset>/bin.
function(parley_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} parley_options)
endfunction()

# parley_test(name SOURCES ... [DEPS ...] [LABELS ...]): one GoogleTest program
# and one ctest entry. Tests run from the top of the source tree.
function(parley_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE
    ${ARG_DEPS} parley_options GTest::gtest GTest::gmock GTest::gtest_main)
  # Half of all the compiling is tests, and this halves it: they check, and do
  # not have to be fast, and lines are enough to find where they failed.
  target_compile_options(${name} PRIVATE "$<$<CONFIG:RelWithDebInfo>:-O1;-g1>")
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  # Tests share the CPUs with each other: threads of a team that wait for one
  # another give way at once.
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "GOMP_SPINCOUNT=100")
  if(ARG_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  endif()
endfunction()
