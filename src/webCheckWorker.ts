/** Assembles sources while they are edited, in a Web Worker. */
import { checkSource } from './asm/checkService';
import { WebPort } from './webPort';

const port = new WebPort();
port.onMessage((request) => port.post(checkSource(request)));
