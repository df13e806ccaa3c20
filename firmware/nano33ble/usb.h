// The USB port with a thread for each direction: sending waits without limit while a host does not read, and the driver
// holds no more than 256 bytes that have come; neither may hold up the training.
#ifndef FL_NANO_USB_H
#define FL_NANO_USB_H
#include <Arduino.h>
#include <mbed.h>

namespace fl_nano {

enum : uint32_t { RING = 4096, PACKET = 64 };

struct Ring {
  uint8_t bytes[RING];
  /** Both count without end; each is moved by one side alone. */
  volatile uint32_t put, taken;
};

static Ring usb_in, usb_out;
static rtos::Thread usb_reader(osPriorityAboveNormal, 2048), usb_writer(osPriorityAboveNormal, 2048);

static inline void usb_read_for_ever() {
  for (;;) {
    // A full ring is not read on: the driver then makes the host wait.
    while (usb_in.put - usb_in.taken < RING && Serial.available() > 0) {
      usb_in.bytes[usb_in.put % RING] = (uint8_t)Serial.read();
      usb_in.put = usb_in.put + 1;
    }
    rtos::ThisThread::sleep_for(std::chrono::milliseconds(1));
  }
}

/** A transfer that ends with a full packet would stick: it leaves one byte to the next. */
static inline uint32_t usb_portion(uint32_t n) { return n > 1 && n % PACKET == 0 ? n - 1 : n; }

static inline void usb_write_for_ever() {
  for (;;) {
    const uint32_t at = usb_out.taken % RING;
    uint32_t n = usb_out.put - usb_out.taken;
    if (n > RING - at) n = RING - at;
    if (n == 0) {
      rtos::ThisThread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    // May wait as long as it likes. What it returns says nothing: the other side acknowledges, or it is sent again.
    n = usb_portion(n);
    Serial.write(usb_out.bytes + at, n);
    usb_out.taken = usb_out.taken + n;
  }
}

static inline void usb_open() {
  usb_reader.start(usb_read_for_ever);
  usb_writer.start(usb_write_for_ever);
}

static inline uint32_t usb_receive(void*, uint8_t* to, uint32_t most) {
  uint32_t n = 0;
  for (; n < most && usb_in.taken != usb_in.put; n++) {
    to[n] = usb_in.bytes[usb_in.taken % RING];
    usb_in.taken = usb_in.taken + 1;
  }
  return n;
}

static inline uint32_t usb_send(void*, const uint8_t* bytes, uint32_t n) {
  uint32_t sent = 0;
  for (; sent < n && usb_out.put - usb_out.taken < RING; sent++) {
    usb_out.bytes[usb_out.put % RING] = bytes[sent];
    usb_out.put = usb_out.put + 1;
  }
  return sent;
}

}  // namespace fl_nano
#endif
