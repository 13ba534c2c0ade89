/**
 * The TextMate grammar of NASM source. Instructions are coloured by what they are to a hypervisor: the scopes
 * `support.function.privileged`, `support.class.sensitive` and `support.variable.io` stand for what traps, what is
 * silently wrong, and what talks to devices; standard themes tell them from the plain `keyword.mnemonic`.
 */
import * as W from './words.mjs';

/** Longest first, so that an alternative is never a prefix of a later one; shared stems are left to the regexp engine. */
const any = (list) => [...new Set(list)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).join('|');
const START = '(?<![\\w.$?@~#%])';
const END = '(?![\\w.$?@~#])';
const word = (list) => `(?i)${START}(?:${any(list)})${END}`;
const ID = '[A-Za-z_.?@$][\\w.$?@~#]*';

/** As themes know names that code can go to. */
const LABEL = 'entity.name.function.label.asm';

const MNEMONIC = 'keyword.mnemonic';
const SCOPES = {
  innocuous: `${MNEMONIC}.asm`,
  control: 'keyword.control.flow.asm',
  privileged: `${MNEMONIC}.asm support.function.privileged.asm`,
  sensitive: `${MNEMONIC}.asm support.class.sensitive.asm`,
  io: `${MNEMONIC}.asm support.variable.io.asm`,
};

const CONTROL_FLOWS = new Set(['jump', 'branch', 'call', 'return', 'farJump', 'farCall', 'farReturn', 'interrupt']);

function classOf(facts, oneCase) {
  if (oneCase.name === 'io') return 'io';
  if (oneCase.kind !== 'innocuous') return oneCase.kind;
  return CONTROL_FLOWS.has(facts.flow) ? 'control' : 'innocuous';
}

/** Mnemonics of one meaning by class, and patterns for those whose operands decide. */
function instructionPatterns(facts) {
  const byClass = { privileged: [...W.UNEXECUTED_PRIVILEGED], sensitive: [...W.UNEXECUTED_SENSITIVE], io: [], control: [], innocuous: [] };
  const byOperands = new Map();
  for (const [mnemonic, entry] of Object.entries(facts)) {
    for (const one of entry.cases) {
      const name = classOf(entry, one);
      if (!one.operands) byClass[name].push(mnemonic);
      else {
        const key = `${name} ${one.operands}`;
        byOperands.set(key, [...(byOperands.get(key) ?? []), mnemonic]);
      }
    }
  }
  const special = [...byOperands].map(([key, mnemonics]) => {
    const [name] = key.split(' ', 1);
    const operands = key.slice(name.length + 1);
    return { name: SCOPES[name], match: `(?i)${START}(?:${any(mnemonics)})(?=\\s+(?:(?:word|dword|short|near|strict)\\s+)?(?:${operands})\\s*(?:$|[,;]))` };
  });
  const extensions = new Set([...W.X87, ...W.SIMD]);
  byClass.innocuous = byClass.innocuous.filter((mnemonic) => !extensions.has(mnemonic));
  const plain = Object.entries(byClass).map(([name, mnemonics]) => ({ name: SCOPES[name], match: word(mnemonics) }));
  return [...special, ...plain, { name: `${MNEMONIC}.x87.asm`, match: word(W.X87) }, { name: `${MNEMONIC}.simd.asm`, match: word(W.SIMD) }];
}

const REGISTER_SCOPES = {
  general: 'variable.other.register.general.asm',
  pointer: 'variable.other.register.pointer.asm',
  segment: 'variable.language.register.segment.asm',
  control: 'variable.language.register.control.asm',
  debug: 'variable.language.register.debug.asm',
  test: 'variable.language.register.test.asm',
  fpu: 'variable.other.register.fpu.asm',
  mmx: 'variable.other.register.mmx.asm',
  sse: 'variable.other.register.sse.asm',
};

const preprocessor = () => {
  const conditionals = W.CONDITIONALS.flatMap((c) => [`if${c}`, `ifn${c}`, `elif${c}`, `elifn${c}`]);
  const all = [...W.PREPROCESSOR, 'ifn', 'elif', 'elifn', ...conditionals];
  const definition = (list, scope) => ({
    match: `(?i)^\\s*(%(?:${any(list)}))\\s+(${ID})`,
    captures: { 1: { name: 'keyword.control.directive.preprocessor.asm' }, 2: { name: scope } },
  });
  return [
    { name: 'comment.block.preprocessor.asm', begin: '(?i)^\\s*%comment\\b', end: '(?i)^\\s*%endcomment\\b' },
    {
      match: '(?i)^\\s*(%(?:include|require|depend|use))\\s+("[^"]*"|\'[^\']*\'|\\w+)',
      captures: { 1: { name: 'keyword.control.directive.preprocessor.asm' }, 2: { name: 'string.quoted.include.asm' } },
    },
    definition(W.MACRO_DEFINITIONS, 'entity.name.function.macro.asm'),
    definition(W.CONSTANT_DEFINITIONS, 'entity.name.constant.preprocessor.asm variable.other.constant.asm'),
    { name: 'keyword.control.directive.preprocessor.asm', match: `(?i)%(?:${any(all)})\\b` },
    { name: 'variable.parameter.macro.asm', match: '%(?:[+-]?\\d+|\\{[^}]*\\}|\\+|\\?\\??|\\*\\??|00)' },
    { name: 'entity.name.label.macro.asm', match: '%%[\\w.$?@~#]+|%\\$+[\\w.$?@~#]+' },
    { name: 'variable.other.environment.asm', match: '%!(?:\\w+|"[^"]*"|\'[^\']*\'|`[^`]*`)' },
    { name: 'meta.preprocessor.expansion.asm', begin: '%\\[', end: '\\]', patterns: [{ include: '#operands' }] },
    { name: 'support.constant.predefined.asm', match: '__\\?[A-Za-z]\\w*\\?__|__(?:[A-Z][A-Z0-9_]*)__' },
  ];
};

const NUMBERS = [
  { name: 'constant.numeric.float.asm', match: `(?i)${START}(?:0x[\\da-f_]*\\.?[\\da-f_]*p[+-]?\\d+|\\d[\\d_]*\\.[\\d_]*(?:e[+-]?\\d+)?|\\d[\\d_]*e[+-]\\d+)` },
  { name: 'constant.numeric.hex.asm', match: `(?i)${START}(?:0[xh][\\da-f_]+|\\$\\d[\\da-f_]*|\\d[\\da-f_]*[hx])${END}` },
  { name: 'constant.numeric.binary.asm', match: `(?i)${START}(?:0[by][01_]+|[01][01_]*[by])${END}` },
  { name: 'constant.numeric.octal.asm', match: `(?i)${START}(?:0[oq][0-7_]+|[0-7][0-7_]*[oq])${END}` },
  { name: 'constant.numeric.decimal.asm', match: `(?i)${START}(?:0[dt][\\d_]+|\\d[\\d_]*[dt]?)${END}` },
];

const STRINGS = [
  { name: 'string.quoted.single.asm', begin: "'", end: "'|$" },
  { name: 'string.quoted.double.asm', begin: '"', end: '"|$' },
  {
    name: 'string.quoted.backtick.asm',
    begin: '`',
    end: '`|$',
    patterns: [{ name: 'constant.character.escape.asm', match: '\\\\(?:[\'"`\\\\?abtnvfre]|[0-7]{1,3}|x[\\dA-Fa-f]{1,2}|u[\\dA-Fa-f]{4}|U[\\dA-Fa-f]{8})' }],
  },
];

function labels(facts, prefixes) {
  const mnemonics = [...Object.keys(facts), ...W.X87, ...W.SIMD, ...W.UNEXECUTED_PRIVILEGED, ...W.UNEXECUTED_SENSITIVE];
  const reserved = [...mnemonics, ...prefixes, ...W.DIRECTIVES, ...W.PSEUDO, ...W.DATA];
  const name = { 1: { name: LABEL }, 2: { name: 'punctuation.separator.label.asm' } };
  return [
    { match: `(?i)^\\s*(${ID})(:)(?!:)`, captures: name },
    { match: `(?i)^\\s*(${ID})\\s+(?=equ\\b)`, captures: { 1: { name: 'variable.other.constant.asm' } } },
    { match: `(?i)^\\s*(${ID})\\s+(?=(?:times|${any(W.DATA)}|istruc|incbin)\\b)`, captures: { 1: { name: LABEL } } },
    { match: `(?i)^(?!(?:${any(reserved)})\\b)(${ID})(?=\\s+(?:${any([...Object.keys(facts), ...prefixes])})\\b)`, captures: name },
    { match: `^(?!(?i:${any(reserved)})\\b)(${ID})(?=\\s*(?:;|$))`, captures: name },
    // Any other word where a statement begins calls a macro.
    { match: `(?i)^\\s*(?!(?:${any(reserved)})(?![\\w.$?@~#]))(${ID})(?=\\s+[^\\s:=]|\\s*$)`, captures: { 1: { name: 'entity.name.function.macro.asm' } } },
  ];
}

const DIRECTIVE = 'keyword.other.directive.asm';
const directives = [
  {
    begin: `(?i)^\\s*(\\[)\\s*(${any(W.DIRECTIVES)})\\b`,
    beginCaptures: { 1: { name: 'punctuation.section.directive.asm' }, 2: { name: DIRECTIVE } },
    end: '(\\])|(?=;|$)',
    endCaptures: { 1: { name: 'punctuation.section.directive.asm' } },
    patterns: [{ include: '#operands' }],
  },
  { match: `(?i)^\\s*(section|segment|sect)\\s+([.\\w]+)`, captures: { 1: { name: DIRECTIVE }, 2: { name: 'entity.name.section.asm' } } },
  { match: `(?i)^\\s*(${any(W.DIRECTIVES)})${END}(?!\\s*:)`, captures: { 1: { name: DIRECTIVE } } },
  { match: `(?i)${START}(struc|istruc)\\s+(${ID})`, captures: { 1: { name: DIRECTIVE }, 2: { name: 'entity.name.type.struct.asm' } } },
  { name: DIRECTIVE, match: word(W.PSEUDO) },
];

export function nasmGrammar(facts, registers, tablePrefixes) {
  const registerPatterns = Object.entries(registers).map(([kind, names]) => ({ name: REGISTER_SCOPES[kind], match: word(names) }));
  const prefixes = [...tablePrefixes, ...W.OTHER_PREFIXES];
  return {
    information_for_contributors: ['Generated by scripts/generateGrammar.mjs from the instruction table in src/x86. Do not edit.'],
    name: 'NASM (Ringside)',
    scopeName: 'source.ringside-asm',
    patterns: [
      { include: '#comment' },
      { include: '#preprocessor' },
      { include: '#labels' },
      { include: '#directives' },
      { include: '#data' },
      { include: '#instructions' },
      { include: '#operands' },
    ],
    repository: {
      comment: { name: 'comment.line.semicolon.asm', begin: ';', end: '$' },
      preprocessor: { patterns: preprocessor() },
      labels: { patterns: labels(facts, prefixes) },
      directives: { patterns: directives },
      data: { patterns: [{ name: 'storage.type.data.asm', match: word(W.DATA) }] },
      instructions: { patterns: [{ name: 'keyword.other.prefix.asm', match: word(prefixes) }, ...instructionPatterns(facts)] },
      operands: {
        patterns: [
          { include: '#comment' },
          { include: '#preprocessor' },
          ...STRINGS,
          { name: 'storage.modifier.size.asm', match: word(W.SIZES) },
          ...registerPatterns,
          ...NUMBERS,
          { name: 'variable.language.position.asm', match: '(?<![\\w$])\\$\\$?(?![\\w$])' },
          { name: 'punctuation.line-continuation.asm', match: '\\\\\\s*$' },
          { name: 'keyword.operator.asm', match: '<=>|<<<|>>>|<<|>>|//|%%|&&|\\|\\||\\^\\^|[-+*/%&|^~!=<>]' },
          { name: 'punctuation.separator.asm', match: '[,:]' },
          { name: 'punctuation.section.brackets.asm', match: '[\\[\\]()]' },
          { name: 'variable.other.label.asm', match: ID },
        ],
      },
    },
  };
}
