/** Keys and mouse of the page, for the guest. While the mouse is not grabbed, the workbench keeps its shortcuts. */
import type { FromScreenPage } from '../protocol/screenMessages';

/** Keys without a code, as screen keyboards send them. */
const KEYS: Readonly<Record<string, string>> = { Enter: '\n', Backspace: '\b', Tab: '\t', Escape: '\x1b' };
/** Buttons of MouseEvent.buttons are the guest's: 1 left, 2 right, 4 middle. */
const BUTTONS = 7;
const NOTCH = 100;

export class GuestInput {
  readonly #held = new Set<string>();
  #motion = { dx: 0, dy: 0, wheel: 0, buttons: 0 };
  #pending = false;

  constructor(
    private readonly screen: HTMLElement,
    private readonly send: (message: FromScreenPage) => void,
  ) {
    screen.addEventListener('keydown', (event) => this.#key(event, true));
    screen.addEventListener('keyup', (event) => this.#key(event, false));
    screen.addEventListener('blur', () => this.#release());
    for (const kind of ['mousedown', 'mouseup', 'mousemove'] as const) screen.addEventListener(kind, (event) => this.#mouse(event));
    screen.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    screen.addEventListener('contextmenu', (event) => event.preventDefault());
    screen.addEventListener('dblclick', () => screen.requestPointerLock());
  }

  get #grabbed(): boolean {
    return document.pointerLockElement === this.screen;
  }

  /** Function keys and combinations with Alt, Meta, or Ctrl and Shift are the workbench's; so are Ctrl and anything but a letter. */
  #isOurs(event: KeyboardEvent): boolean {
    if (this.#grabbed) return true;
    if (event.altKey || event.metaKey || /^F\d+$/.test(event.code)) return false;
    return !event.ctrlKey || event.code.startsWith('Control') || (!event.shiftKey && /^Key[A-Z]$/.test(event.code));
  }

  #key(event: KeyboardEvent, down: boolean): void {
    // What went down here goes up here, whatever else is held by then.
    if (down ? !this.#isOurs(event) : !this.#held.has(event.code)) return;
    event.preventDefault();
    event.stopPropagation();
    // Not every browser takes the mouse back by itself.
    if (this.#grabbed && event.code === 'Escape') return document.exitPointerLock();
    if (!event.code) {
      const keys = event.key.length === 1 ? event.key : KEYS[event.key];
      if (keys) this.send({ keys });
      return;
    }
    if (down) this.#held.add(event.code);
    else this.#held.delete(event.code);
    this.send({ key: { code: event.code, down } });
  }

  #release(): void {
    for (const code of this.#held) this.send({ key: { code, down: false } });
    this.#held.clear();
  }

  #mouse(event: MouseEvent): void {
    const buttons = event.buttons & BUTTONS;
    const pressed = buttons !== this.#motion.buttons;
    if (document.activeElement !== this.screen && !pressed) return;
    this.#motion = { dx: this.#motion.dx + event.movementX, dy: this.#motion.dy - event.movementY, wheel: this.#motion.wheel, buttons };
    if (pressed) this.#flush();
    else this.#later();
  }

  #wheel(event: WheelEvent): void {
    if (document.activeElement !== this.screen) return;
    event.preventDefault();
    this.#motion.wheel += event.deltaY / NOTCH;
    this.#later();
  }

  #later(): void {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    this.#pending = false;
    const { dx, dy, wheel, buttons } = this.#motion;
    const whole = { dx: Math.trunc(dx), dy: Math.trunc(dy), wheel: Math.trunc(wheel) };
    this.#motion = { dx: dx - whole.dx, dy: dy - whole.dy, wheel: wheel - whole.wheel, buttons };
    this.send({ mouse: { ...whole, buttons } });
  }
}
