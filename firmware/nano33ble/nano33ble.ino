// A board that learns: plug it in, and drag fl-serial-device onto a Node-RED canvas. settings.h says which sensors it has.
#include <FlBoard.h>
#include "settings.h"
#include "usb.h"
#include "flash.h"
#include "button.h"
#include "chip.h"
#include "sensors.h"
#include "led.h"
#include "watchdog.h"
#if FL_TFLM
#define FL_MAX_OPS 24
#include <Chirale_TensorFlowLite.h>
#include <firmware/tflm/tflm_backbone.h>
#endif

using namespace fl_nano;

static const fl::board::Hal hal = {0,        now,      usb_receive, usb_send,  sensor_reading,
                                   sensor_start, flash_save, flash_restore, chip_reset};
static fl::board::Identity identity;
static bool good;

void setup() {
  led_open();
  button_open();
  // The port is open already: a second Serial.begin would start another thread of it.
  usb_open();
  flash_open();
  identify(&identity, sensors_open());
#if FL_TFLM
  static fl::tflm::TflmBackbone tflm;
  static const fl::Backbone engine = fl::tflm::tflm_backbone(&tflm);
  good = fl_board::start(&hal, &identity, &engine);
#else
  good = fl_board::start(&hal, &identity, 0);
#endif
  if (good && sensors_missing()) fl_board::warn("A sensor does not answer: look at FL_SENSORS in settings.h.");
  if (good && !flash_good) fl_board::warn("The flash cannot keep a model: make the sketch smaller.");
  watchdog_start();
}

void loop() {
  watchdog_feed();
  const bool more = good && fl_board::poll();
  if (good) button_look();
  led_show(good ? fl_board::state() : LED_WRONG_BUILD);
  // Lets the threads of USB run; a host is never waited for.
  if (!more) delay(1);
}
