import type { ScreenResponse } from '../../protocol/requests';
import { nothing } from '../arguments';
import { handler } from '../handler';

export const ringsideScreen = handler('ringside/screen', nothing, {
  run: ({ target }): ScreenResponse => target.machine.screen(),
});
