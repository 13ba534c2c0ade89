/** Numbers of the DWARF Debugging Information Format, version 5, section 7, by the names it gives them; those of older versions and of GNU where they are still met. */

// biome-ignore format: a table
export const TAG = {
  arrayType: 0x01, classType: 0x02, enumerationType: 0x04, formalParameter: 0x05, lexicalBlock: 0x0b, member: 0x0d,
  pointerType: 0x0f, referenceType: 0x10, compileUnit: 0x11, structureType: 0x13, subroutineType: 0x15, typedef: 0x16,
  unionType: 0x17, inheritance: 0x1c, inlinedSubroutine: 0x1d, subrangeType: 0x21, baseType: 0x24, constType: 0x26,
  enumerator: 0x28, subprogram: 0x2e, variable: 0x34, volatileType: 0x35, restrictType: 0x37, namespace: 0x39,
  unspecifiedType: 0x3b, partialUnit: 0x3c, rvalueReferenceType: 0x42, atomicType: 0x47, skeletonUnit: 0x4a,
} as const;

// biome-ignore format: a table
export const AT = {
  sibling: 0x01, location: 0x02, name: 0x03, byteSize: 0x0b, bitOffset: 0x0c, bitSize: 0x0d, stmtList: 0x10, lowPc: 0x11, highPc: 0x12,
  language: 0x13, compDir: 0x1b, constValue: 0x1c, inline: 0x20, upperBound: 0x2f, prototyped: 0x27, abstractOrigin: 0x31, artificial: 0x34, count: 0x37,
  dataMemberLocation: 0x38, declFile: 0x3a, declLine: 0x3b, declaration: 0x3c, encoding: 0x3e, external: 0x3f, frameBase: 0x40,
  specification: 0x47, type: 0x49, ranges: 0x55, entryPc: 0x52, callFile: 0x58, callLine: 0x59, dataBitOffset: 0x6b, linkageName: 0x6e,
  strOffsetsBase: 0x72, addrBase: 0x73, rnglistsBase: 0x74, dwoName: 0x76, loclistsBase: 0x8c, gnuDwoName: 0x2130,
} as const;

// biome-ignore format: a table
export const FORM = {
  addr: 0x01, block2: 0x03, block4: 0x04, data2: 0x05, data4: 0x06, data8: 0x07, string: 0x08, block: 0x09, block1: 0x0a, data1: 0x0b,
  flag: 0x0c, sdata: 0x0d, strp: 0x0e, udata: 0x0f, refAddr: 0x10, ref1: 0x11, ref2: 0x12, ref4: 0x13, ref8: 0x14, refUdata: 0x15,
  indirect: 0x16, secOffset: 0x17, exprloc: 0x18, flagPresent: 0x19, strx: 0x1a, addrx: 0x1b, refSup4: 0x1c, strpSup: 0x1d, data16: 0x1e,
  lineStrp: 0x1f, refSig8: 0x20, implicitConst: 0x21, loclistx: 0x22, rnglistx: 0x23, refSup8: 0x24, strx1: 0x25, strx2: 0x26, strx3: 0x27,
  strx4: 0x28, addrx1: 0x29, addrx2: 0x2a, addrx3: 0x2b, addrx4: 0x2c,
} as const;

/** Unit types (7.5.1). */
export const UT = { compile: 1, type: 2, partial: 3, skeleton: 4, splitCompile: 5, splitType: 6 } as const;

/** Assembly language, as gas and nasm say (the code is that of MIPS assemblers). */
export const LANG_ASSEMBLER = 0x8001;

/** Entry kinds of range lists (7.25) and location lists (7.7.3): the same numbers mean the same, but for 5 to 8. */
export const LIST = { end: 0, basex: 1, startxEndx: 2, startxLength: 3, offsetPair: 4 } as const;
export const RLE = { baseAddress: 5, startEnd: 6, startLength: 7 } as const;
export const LLE = { defaultLocation: 5, baseAddress: 6, startEnd: 7, startLength: 8 } as const;

/** Encodings of base types (7.8). */
export const ATE = { address: 1, boolean: 2, complexFloat: 3, float: 4, signed: 5, signedChar: 6, unsigned: 7, unsignedChar: 8, utf: 0x10 } as const;
