/** A click is a press and a release of one element, so nothing may be drawn again between the two. */

/** `draw`, put off while a mouse button or the space bar is held, until what that clicks has been told. */
export function whenReleased(draw: () => void): () => void {
  let held = false;
  let due = false;
  const press = (): void => {
    held = true;
  };
  // `click` comes in the same task as the release.
  const release = (): void => void setTimeout(released);
  function released(): void {
    held = false;
    if (due) draw();
    due = false;
  }
  window.addEventListener('pointerdown', press, true);
  window.addEventListener('keydown', ({ key }) => key === ' ' && press(), true);
  window.addEventListener('keyup', ({ key }) => key === ' ' && release(), true);
  for (const kind of ['pointerup', 'pointercancel'] as const) window.addEventListener(kind, release, true);
  // Let go somewhere else.
  window.addEventListener('blur', release);
  window.addEventListener('pointermove', ({ buttons }) => held && buttons === 0 && release(), true);
  return () => {
    if (held) due = true;
    else draw();
  };
}
