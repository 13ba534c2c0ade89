/** No text that users see is left out of the translations: every literal of src/ui and src/webview that reads like one goes through `t`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ts from 'typescript';
import { SOURCES, walk } from './texts';

/** Words of the manuals, names, and what is code: the same in every language. */
const TERMS = [
  /^(?:VMCS|VM Exits?|BIOS|EFLAGS|WebAssembly|Pentium|COM1|CTRL|GDT|IDT|LDT|TSS|EPT|POPF|MNEMONIC|Ringside|Ringside: \$)/,
  /^(?:P|R\/W|U\/S|PWT|PCD|A|D|PS|G|RSVD|W\/R)$/,
  /^(?:0x|gutter |node heat)/,
  /^(?:Arrow(?:Up|Down|Left|Right)|Page(?:Up|Down)|Home|End|Enter|Escape|Backspace|Tab|Control|Key\w*)$/,
];

/** Calls whose arguments are translated, or are no text. */
const CALLS =
  /(?:^|\.)(?:t|msg|counted|addEventListener|removeEventListener|getElementById|querySelector|querySelectorAll|closest|executeCommand|customRequest|ask|request|matchMedia|toggle|startsWith|endsWith|includes|test|RegExp|joinPath|Error|split|join|replace|rows)$/;
/** Attributes and properties that are no text. */
const PROPERTIES = new Set(
  'class className role type id icon color d viewBox preserveAspectRatio orient markerUnits command key scope placement language scheme group kind query with open when reason mode presentation identifier'.split(
    ' ',
  ),
);

/** A template of HTML: what stands between its tags. */
const withoutTags = (text: string): string => text.replace(/^[^<>]*>|<[^<>]*>|<[^<>]*$/g, ' ').trim();

const prose = (text: string): boolean =>
  /[a-z]{2,}[,:;]? [a-z]{2,}|^[A-Z][a-z]{2,}|^[a-z]{3,} [^a-z]/.test(text.trim()) && /[a-z]{2}/.test(text) && !TERMS.some((term) => term.test(text.trim()));

/** May this literal stay as it is, because of where it stands? */
function isNoText(node: ts.Node): boolean {
  for (let at = node, parent = node.parent; parent; at = parent, parent = parent.parent) {
    if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isLiteralTypeNode(parent) || ts.isElementAccessExpression(parent) || ts.isCaseClause(parent))
      return true;
    if (ts.isBinaryExpression(parent) && /^[!=]==?$/.test(parent.operatorToken.getText())) return true;
    if (ts.isTaggedTemplateExpression(parent) || ts.isThrowStatement(parent)) return true;
    if (ts.isPropertyAssignment(parent)) {
      if (parent.name === at) return true;
      const name = parent.name.getText().replace(/['"]/g, '');
      return PROPERTIES.has(name) || /^data-|^on/.test(name);
    }
    if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return CALLS.test(parent.expression.getText());
    if (ts.isVariableDeclaration(parent) && parent.initializer && /^[A-Z_]+$/.test(parent.name.getText()) && parent.initializer === at) return false;
  }
  return false;
}

function literals(file: string): string[] {
  const found: string[] = [];
  walk(file, (node, source) => {
    const text = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node) ? node.text : undefined;
    if (text === undefined || !prose(withoutTags(text)) || isNoText(node)) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${file}:${line + 1}: ${JSON.stringify(text)}`);
  });
  return found;
}

test('every text of the views, the editor and the pages goes through the translations', () => {
  const found = SOURCES.flatMap(literals);
  assert.equal(found.length, 0, found.join('\n'));
});
