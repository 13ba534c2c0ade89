/** The page of the Guest Screen: the picture on a canvas, its characters for screen readers, and what the user types and moves. */
import type { ScreenResponse } from '../protocol/screen';
import type { FromScreenPage, ToScreenPage } from '../protocol/screenMessages';
import { GuestInput } from './guestInput';
import { PictureCanvas } from './picture';
import { t } from './text';

declare function acquireVsCodeApi(): { postMessage(message: FromScreenPage): void };

const host = acquireVsCodeApi();
const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const canvas = element<HTMLCanvasElement>('picture');
const mirror = element('screen');
const hint = element('hint');
const picture = new PictureCanvas(canvas);

const MARGIN = 12;
const layOut = (): void => picture.fit(document.body.clientWidth - MARGIN, document.body.clientHeight - MARGIN);

function show(screen: ScreenResponse): void {
  const { frame } = screen;
  if (frame && !picture.draw(frame)) {
    host.postMessage({ lost: true });
    return;
  }
  const lines = screen.lines.map((line) => line.trimEnd()).join('\n');
  const text = lines.trimEnd() || (frame?.kind === 'graphics' ? t('Graphics, {0} by {1}', frame.width, frame.height) : t('The screen is empty.'));
  // Unchanged text is left alone: a screen reader would read it again.
  if (mirror.textContent !== text) mirror.textContent = text;
  if (canvas.hidden) {
    canvas.hidden = false;
    hint.hidden = true;
  }
  layOut();
  if (saving) save();
}

/** Somebody waits for the picture. */
let saving = false;
function save(): void {
  const png = picture.png();
  saving = png === undefined;
  if (!saving) host.postMessage({ png });
}

window.addEventListener('message', ({ data }: MessageEvent<ToScreenPage>) => {
  if ('screen' in data) show(data.screen);
  else if ('save' in data) save();
  else {
    picture.forget();
    canvas.classList.add('ended');
  }
  if ('screen' in data) canvas.classList.remove('ended');
});
window.addEventListener('resize', layOut);
new GuestInput(canvas, (message) => host.postMessage(message));
host.postMessage({ ready: true });
