# What Parley builds on. tools/setup.sh installs all of it: Debian packages,
# and into .deps what Debian 12 has only in versions that do not do
# (docs/platform.md says why).

set(PARLEY_DEPS_DIR ${CMAKE_SOURCE_DIR}/.deps CACHE PATH
    "Prefix that tools/setup.sh fills")
list(PREPEND CMAKE_PREFIX_PATH
     ${PARLEY_DEPS_DIR}/onednn ${PARLEY_DEPS_DIR}/sentencepiece)

find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(dnnl 3.2 CONFIG REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(ICU 72 REQUIRED COMPONENTS uc i18n)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(civetweb 1.15 CONFIG REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy>=1.0.3)

# SentencePiece's headers bring a second, incompatible absl, so its include
# directory goes only to the one file that bridges to it.
find_library(PARLEY_SENTENCEPIECE_LIBRARY sentencepiece REQUIRED
             PATHS ${PARLEY_DEPS_DIR}/sentencepiece/lib NO_DEFAULT_PATH)
find_path(PARLEY_SENTENCEPIECE_INCLUDE_DIR sentencepiece_processor.h REQUIRED
          PATHS ${PARLEY_DEPS_DIR}/sentencepiece/include NO_DEFAULT_PATH)
add_library(SentencePiece::sentencepiece STATIC IMPORTED)
set_target_properties(SentencePiece::sentencepiece PROPERTIES
  IMPORTED_LOCATION ${PARLEY_SENTENCEPIECE_LIBRARY}
  INTERFACE_LINK_LIBRARIES "protobuf::libprotobuf;Threads::Threads")

if(PARLEY_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(PARLEY_BUILD_BENCH)
  find_package(benchmark REQUIRED)
  pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2>=1.52)
endif()
