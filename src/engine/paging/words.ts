/** Values that the functions of this folder are made of. */
import { TLB } from '../../memory/layout';
import { PAGING } from '../../memory/pagingCells';
import { OP } from '../wasm/encoder';
import { type FunctionWriter, type Operand, type Value, load, value as v } from '../wasm/functionWriter';

/** A cell at a fixed address. */
export const cell = (at: number): Value => load('i32.load', 0, at);
export const setCell = (f: FunctionWriter, at: number, operand: Operand): void => f.store(OP.store, 0, operand, at);

/** Nonzero where the controls have one of these bits. */
export const controls = (bits: number): Value => v('i32.and', cell(PAGING.CONTROLS), bits);

export const and = (x: Operand, y: Operand): Value => v('i32.and', x, y);
export const or = (x: Operand, y: Operand): Value => v('i32.or', x, y);
export const add = (x: Operand, y: Operand): Value => v('i32.add', x, y);
export const sub = (x: Operand, y: Operand): Value => v('i32.sub', x, y);
export const shl = (x: Operand, y: Operand): Value => v('i32.shl', x, y);
export const shrU = (x: Operand, y: Operand): Value => v('i32.shr_u', x, y);
export const isZero = (x: Operand): Value => v('i32.eqz', x);
export const select = (condition: Operand, x: Operand, y: Operand): Value => v('select', x, y, condition);

/** The software TLB's entry of a page. */
export const entryOf = (page: Operand): Value => load('i32.load', shl(page, 2), TLB);
export const setEntry = (f: FunctionWriter, page: Operand, entry: Operand): void => f.store(OP.store, shl(page, 2), entry, TLB);
