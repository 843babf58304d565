// The time that relative times are told by: it moves, so that "now" does not stay "now".

const TICK_MS = 10_000;

class Clock {
  now = $state(Date.now());

  /** Answers how to stop it. */
  start(): () => void {
    const tick = () => (this.now = Date.now());
    const timer = setInterval(tick, TICK_MS);
    // A sleeping tab's timers sleep too.
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }
}

export const clock = new Clock();
