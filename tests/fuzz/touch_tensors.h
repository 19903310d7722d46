// What every file that was accepted must bear.
#ifndef PARLEY_TESTS_FUZZ_TOUCH_TENSORS_H_
#define PARLEY_TESTS_FUZZ_TOUCH_TENSORS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/log.h"
#include "engine/tensor/tensor.h"
#include "engine/weights/weight_file.h"

namespace parley {

// Reads every byte of every tensor, so that a sanitizer sees one that is not
// there, and checks that there are as many as the shape says.
inline void TouchTensors(const WeightFile& file) {
  volatile uint8_t sink = 0;
  for (const std::string& name : file.names()) {
    const TensorView* view = file.Find(name);
    PARLEY_CHECK(view != nullptr) << name;
    int64_t num_elements = 1;
    for (const int64_t size : view->shape) {
      PARLEY_CHECK(size >= 0) << name;
      num_elements *= size;
    }
    PARLEY_CHECK(view->num_elements() == num_elements) << name;
    PARLEY_CHECK(view->data.size() == num_elements * DTypeBytes(view->dtype))
        << name;
    for (const std::byte byte : view->data) {
      sink = sink + static_cast<uint8_t>(byte);
    }
  }
}

}  // namespace parley

#endif  // PARLEY_TESTS_FUZZ_TOUCH_TENSORS_H_
