#pragma once

#include <string>

namespace examples {

// A text with enough rule in it to be learnt in a minute.
inline std::string counting_rhyme() {
  const char* kWords[] = {"zero", "one", "two",   "three", "four",
                          "five", "six", "seven", "eight", "nine"};
  std::string text;
  for (int i = 0; i < 1500; ++i) {
    text += kWords[i % 10];
    text += " and ";
    text += kWords[(i * 7 + i / 10) % 10];
    text += i % 4 == 3 ? ".\n" : ", ";
  }
  return text;
}

}  // namespace examples
