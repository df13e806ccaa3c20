// For libFuzzer: the input is a list of pieces [what, length, bytes]: raw bytes on the line, a message in a right frame, a frame
// of any kind with a right checksum, or time that passes.
#include "board-world.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World w;
  w.flash.clear();
  w.in.clear();
  w.now = 1;
  power_on(&w);
  greet_board(&w, 1);
  while (size >= 3) {
    const uint8_t what = data[0];
    size_t n = (size_t)get16(data + 1) % (MAX_PAYLOAD + 1);
    data += 3;
    size -= 3;
    if (n > size) n = size;
    std::vector<uint8_t> bytes(data, data + n);
    data += n;
    size -= n;
    if (w.device.link.session != w.session) greet_board(&w, w.session + 1);
    switch (what & 3) {
      case 0: put(&w, bytes); break;
      case 1: put(&w, framed(w, DATA, w.session, bytes)); break;
      case 2: put(&w, framed(w, (uint8_t)(HELLO + (what >> 2) % 6), w.session, bytes)); break;
      default: w.now += what * 50; break;
    }
    polls(&w, 40);
  }
  check_world(w);
  return 0;
}
