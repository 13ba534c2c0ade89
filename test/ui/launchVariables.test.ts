import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillVariables } from '../../src/ui/launchVariables';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: VS Code's variables
const place = { folder: '/w', file: '/w/boot/a.asm', home: '/home/me', environment: { IMAGES: '/img' } };

test('variables of launch.json, in lists and objects too', () => {
  const configuration = {
    program: '${workspaceFolder}/b.asm',
    disk: ['${env:IMAGES}/c.img', '${fileDirname}/${fileBasenameNoExtension}.img'],
    define: { A: '${relativeFile}' },
    memory: 16,
  };
  assert.deepEqual(fillVariables(configuration, place), { program: '/w/b.asm', disk: ['/img/c.img', '/w/boot/a.img'], define: { A: 'boot/a.asm' }, memory: 16 });
});

test('what nobody knows stays, so that the message about it names it', () => {
  assert.equal(fillVariables('${file}', { ...place, file: undefined }), '${file}');
  assert.equal(fillVariables('${command:pick}', place), '${command:pick}');
  assert.equal(fillVariables('${env:NONE}x', place), 'x');
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: VS Code's variables
