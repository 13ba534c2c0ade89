/** Expressions over record fields and CPU cells, as WebAssembly. */
import { type BinaryOp, type Expr, type Field, type RegisterRef, type UnaryOp, type WideOp, typeOf } from '../../ir/microOp';
import { ENGINE_CELLS } from '../../ir/engineCells';
import { CPU, byteRegisterOffset } from '../../x86/cpuState';
import { RECORD } from '../record';
import { type Code, I32, OP, VECTOR } from '../wasm/encoder';
import { LOCAL, type TempLocals, tempLocal } from './locals';

const BINARY: Partial<Record<BinaryOp, readonly number[]>> = {
  add: [OP.add],
  sub: [OP.sub],
  mul: [OP.mul],
  and: [OP.and],
  or: [OP.or],
  xor: [OP.xor],
  shl: [OP.shl],
  shrU: [OP.shrU],
  shrS: [OP.shrS],
  rotl: [OP.rotl],
  equal: [OP.eq],
  notEqual: [OP.ne],
  lessU: [OP.ltU],
  lessS: [OP.ltS],
  lessEqualU: [OP.leU],
  divU: [OP.divU],
  remU: [OP.remU],
  divS: [OP.divS],
  remS: [OP.remS],
}; // prettier-ignore

const UNARY: Readonly<Record<UnaryOp, number>> = {
  signExtend8: OP.extend8S,
  signExtend16: OP.extend16S,
  isZero: OP.eqz,
  countLeadingZeros: OP.clz,
  countTrailingZeros: OP.ctz,
  popCount: OP.popcnt,
};

/** Lanes of i8x16.shuffle for a `shuffle` expression. */
function shuffleLanes(size: 2 | 4 | 8, first: number, order: number): number[] {
  const count = size === 8 ? 2 : 4;
  return Array.from({ length: 16 }, (_, at) => {
    const element = Math.floor((at - first) / size);
    if (element < 0 || element >= count) return 16 + at;
    const choice = (order >>> (element * Math.log2(count))) & (count - 1);
    return (element < count / 2 ? 0 : 16) + first + choice * size + ((at - first) % size);
  });
}

export class ExpressionEmitter {
  constructor(
    readonly code: Code,
    readonly functions: { readonly packStatus: number },
    readonly locals: TempLocals & { readonly wide: number } = { temps: LOCAL.TEMPS, typed: LOCAL.TYPED, wide: LOCAL.WIDE },
  ) {}

  emit(e: Expr): void {
    const { code } = this;
    switch (e.k) {
      case 'const':
        code.constant(e.value);
        break;
      case 'temp':
        code.get(tempLocal(this.locals, typeOf(e), e.id));
        break;
      case 'field':
        this.field(e.field);
        break;
      case 'effectiveAddress':
        this.effectiveAddress(e.addressSize, e.stackBias);
        break;
      case 'register':
        this.register(e.ref, e.size);
        break;
      case 'cell':
        this.cell(e.offset);
        break;
      case 'stAddress':
        this.stAddress(e.n);
        break;
      case 'stEmpty':
        this.stEmpty(e.n);
        break;
      case 'significand':
        this.significand(e.address);
        break;
      case 'signExponent':
        this.signExponent(e.address);
        break;
      case 'segmentCell':
        this.emit(e.segment);
        code
          .constant(6)
          .op(OP.shl)
          .memory(OP.load, CPU.SEGMENTS + e.offset);
        break;
      case 'unary':
        this.emit(e.x);
        code.op(UNARY[e.op]);
        break;
      case 'binary':
        this.#binary(e.op, e.x, e.y);
        break;
      case 'wide':
        this.#wide(e.op, e.high, e.low, e.divisor);
        break;
      case 'select':
        this.emit(e.x);
        this.emit(e.y);
        this.emit(e.condition);
        code.op(OP.select);
        break;
      case 'condition':
        this.condition(e.code);
        break;
      case 'status':
        this.status();
        break;
      case 'const64':
        code.byte(OP.i64Const).signed64(BigInt.asIntN(64, e.value));
        break;
      case 'timeStamp':
        this.#timeStamp();
        break;
      case 'xmm':
        this.xmm(e.ref);
        break;
      case 'mmx':
        this.vectorRegister(e.ref, VECTOR.load64Zero, CPU.X87);
        break;
      case 'vectorCell':
        code.constant(0).vectorMemory(VECTOR.load, e.offset);
        break;
      case 'typed':
        for (const arg of e.args) this.emit(arg);
        code.wide(e.op, e.immediate);
        break;
      case 'shuffle':
        this.#shuffle(e);
        break;
      case 'denormal':
        this.denormal(e);
        break;
      case 'word':
        this.#word(e.x, e.position);
        break;
      case 'withWord':
        this.#withWord(e.x, e.position, e.value);
        break;
      case 'placed':
        this.emit(e.place);
        code.memory(OP.load, e.offset);
        break;
      case 'invariant':
        this.invariant(e.value);
        break;
    }
  }

  #timeStamp(): void {
    const { code } = this;
    const cell = (offset: number): Code => code.constant(0).memory(OP.i64Load, offset);
    cell(ENGINE_CELLS.time);
    cell(CPU.TSC_OFFSET).wide('i64.add');
    this.unretired();
    code.op(OP.i64ExtendS).wide('i64.sub');
  }

  /** Of the budget of this run: what has not retired before the current instruction. */
  protected unretired(): void {
    this.code.get(LOCAL.BUDGET);
    this.byteField(RECORD.COUNT);
    this.code.constant(1).op(OP.sub, OP.sub);
  }

  protected significand(address: Expr): void {
    this.emit(address);
    this.code.memory(OP.i64Load, 0);
  }

  protected signExponent(address: Expr): void {
    this.emit(address);
    this.code.memory(OP.load16U, 8);
  }

  protected cell(offset: number): void {
    this.code.loadCell(offset);
  }

  protected stAddress(n: Expr): void {
    this.code.loadCell(CPU.X87_STATUS).constant(7).op(OP.shrU);
    this.emit(n);
    this.code.constant(4).op(OP.shl, OP.add).constant(0x70).op(OP.and).constant(CPU.X87).op(OP.add);
  }

  /** Push twice the number of the register that ST(n) is. */
  tagShift(n: Expr): void {
    this.code.loadCell(CPU.X87_STATUS).constant(10).op(OP.shrU);
    this.emit(n);
    this.code.constant(1).op(OP.shl, OP.add).constant(14).op(OP.and);
  }

  protected stEmpty(n: Expr): void {
    this.code.loadCell(CPU.X87_TAGS);
    this.tagShift(n);
    this.code.op(OP.shrU).constant(3).op(OP.and).constant(3).op(OP.eq);
  }

  protected invariant(value: Expr): void {
    this.emit(value);
  }

  /** Address of a register of a file whose registers are 16 bytes apart, without the file's own. */
  vectorAddress(ref: RegisterRef): void {
    if (typeof ref === 'number') this.code.constant(16 * ref);
    else {
      this.byteField(ref === 'reg' ? RECORD.REG : RECORD.RM);
      this.code.constant(4).op(OP.shl);
    }
  }

  protected vectorRegister(ref: RegisterRef, load: number, file: number): void {
    this.vectorAddress(ref);
    this.code.vectorMemory(load, file);
  }

  protected xmm(ref: RegisterRef): void {
    this.vectorRegister(ref, VECTOR.load, CPU.XMM);
  }

  /** Less than the least normal number, but not zero: the sign is shifted out, and what is zero becomes the largest. */
  protected denormal({ x, bytes }: Extract<Expr, { k: 'denormal' }>): void {
    const { code } = this;
    this.emit(x);
    if (bytes === 4) {
      code.wide('i32x4.extract_lane', [0]);
      code
        .constant(1)
        .op(OP.shl)
        .constant(1)
        .op(OP.sub)
        .constant((1 << 24) - 1)
        .op(OP.ltU);
      return;
    }
    const constant = (value: bigint): Code => code.byte(OP.i64Const).signed64(value);
    code.wide('i64x2.extract_lane', [0]);
    constant(1n).op(OP.i64Shl);
    constant(1n).wide('i64.sub');
    constant((1n << 53n) - 1n).op(OP.i64LtU);
  }

  #spill(x: Expr, offset: number): void {
    this.code.constant(0);
    this.emit(x);
    this.code.vectorMemory(VECTOR.store, offset);
  }

  /** An order that the record holds is followed through memory. */
  #shuffle({ size, first, x, y, order }: Extract<Expr, { k: 'shuffle' }>): void {
    const { code } = this;
    const count = size === 8 ? 2 : 4;
    if (order.k === 'const') {
      this.emit(x);
      this.emit(y);
      code.wide('i8x16.shuffle', shuffleLanes(size, first, order.value));
      return;
    }
    this.#spill(x, CPU.VECTOR);
    this.#spill(y, CPU.VECTOR + 16);
    code.constant(0).vectorMemory(VECTOR.load, CPU.VECTOR + 16);
    const [load, replace] = ({ 2: [OP.load16U, 'i16x8.replace_lane'], 4: [OP.load, 'i32x4.replace_lane'], 8: [OP.i64Load, 'i64x2.replace_lane'] } as const)[size];
    for (let n = 0; n < count; n++) {
      this.emit(order);
      code
        .constant(n * Math.log2(count))
        .op(OP.shrU)
        .constant(count - 1)
        .op(OP.and)
        .constant(Math.log2(size))
        .op(OP.shl)
        .memory(load, (n < count / 2 ? CPU.VECTOR : CPU.VECTOR + 16) + first)
        .wide(replace, [first / size + n]);
    }
  }

  #wordAddress(position: Expr): void {
    this.emit(position);
    this.code.constant(1).op(OP.shl);
  }

  #word(x: Expr, position: Expr): void {
    if (position.k === 'const') {
      this.emit(x);
      this.code.wide('i16x8.extract_lane_u', [position.value]);
      return;
    }
    this.#spill(x, CPU.VECTOR);
    this.#wordAddress(position);
    this.code.memory(OP.load16U, CPU.VECTOR);
  }

  #withWord(x: Expr, position: Expr, value: Expr): void {
    const { code } = this;
    if (position.k === 'const') {
      this.emit(x);
      this.emit(value);
      code.wide('i16x8.replace_lane', [position.value]);
      return;
    }
    this.#spill(x, CPU.VECTOR);
    this.#wordAddress(position);
    this.emit(value);
    code.memory(OP.store16, CPU.VECTOR).constant(0).vectorMemory(VECTOR.load, CPU.VECTOR);
  }

  byteField(offset: number): void {
    this.code.get(LOCAL.RECORD).memory(OP.load8U, offset);
  }

  field(field: Field): void {
    const { code } = this;
    const word = (offset: number): void => void code.get(LOCAL.RECORD).memory(OP.load, offset);
    if (field === 'displacement') word(RECORD.DISPLACEMENT);
    else if (field === 'immediate') word(RECORD.IMMEDIATE);
    else if (field === 'segment') this.byteField(RECORD.SEGMENT);
    else if (field === 'registerNumber') this.byteField(RECORD.REG);
    else if (field === 'rmNumber') this.byteField(RECORD.RM);
    else {
      word(RECORD.EIP);
      if (field === 'nextEip') {
        this.byteField(RECORD.LENGTH);
        code.op(OP.add);
      }
    }
  }

  protected effectiveAddress(addressSize: 2 | 4, stackBias: number): void {
    const { code } = this;
    this.byteField(RECORD.BASE);
    code.memory(OP.load, CPU.GPR);
    if (stackBias) {
      this.byteField(RECORD.BASE);
      code.constant(16).op(OP.eq).constant(stackBias).op(OP.mul, OP.add); // ESP is register 4
    }
    this.byteField(RECORD.INDEX);
    code.memory(OP.load, CPU.GPR);
    if (addressSize === 4) {
      this.byteField(RECORD.SCALE);
      code.op(OP.shl);
    }
    code.op(OP.add);
    this.field('displacement');
    code.op(OP.add);
    if (addressSize === 2) code.constant(0xffff).op(OP.and);
  }

  protected register(ref: RegisterRef, size: 1 | 2 | 4): void {
    const load = size === 4 ? OP.load : size === 2 ? OP.load16U : OP.load8U;
    if (typeof ref === 'number') this.code.constant(0).memory(load, CPU.GPR + (size === 1 ? byteRegisterOffset(ref) : 4 * ref));
    else {
      this.byteField(ref === 'reg' ? RECORD.REG : RECORD.RM);
      this.code.memory(load, CPU.GPR);
    }
  }

  #binary(op: BinaryOp, x: Expr, y: Expr): void {
    const { code } = this;
    const plain = BINARY[op];
    if (plain) {
      this.emit(x);
      this.emit(y);
      code.op(...plain);
      return;
    }
    const extend = op === 'mulHighSigned' ? OP.i64ExtendS : OP.i64ExtendU;
    this.emit(x);
    code.op(extend);
    this.emit(y);
    code.op(extend, OP.i64Mul, OP.i64Const).signed(32).op(OP.i64ShrU, OP.i32Wrap);
  }

  /** 64-bit dividend high:low by the (sign- or zero-extended) divisor. */
  #wide(op: WideOp, high: Expr, low: Expr, divisor: Expr): void {
    const { code } = this;
    const signed = op.endsWith('S');
    const operands = (): void => {
      this.emit(high);
      code.op(OP.i64ExtendU, OP.i64Const).signed(32).op(OP.i64Shl);
      this.emit(low);
      code.op(OP.i64ExtendU, OP.i64Or);
      this.emit(divisor);
      code.op(signed ? OP.i64ExtendS : OP.i64ExtendU);
    };
    if (op === 'fitsU') {
      // The quotient of high:low by d fits 32 bits exactly when high < d.
      this.emit(high);
      this.emit(divisor);
      code.op(OP.ltU);
    } else if (op === 'fitsS') {
      // -2^63 / -1 has no quotient at all.
      this.emit(high);
      code.constant(0x80000000 | 0).op(OP.eq);
      this.emit(low);
      code.op(OP.eqz, OP.and);
      this.emit(divisor);
      code.constant(-1).op(OP.eq, OP.and);
      code.open(OP.if, I32);
      code.constant(0).else();
      operands();
      code.op(OP.i64DivS);
      code.tee(this.locals.wide).get(this.locals.wide).op(OP.i32Wrap, OP.i64ExtendS, OP.i64Eq);
      code.close();
    } else {
      operands();
      code.op(op === 'divU' ? OP.i64DivU : op === 'divS' ? OP.i64DivS : op === 'remU' ? OP.i64RemU : OP.i64RemS, OP.i32Wrap);
    }
  }

  protected condition(cc: number): void {
    this.conditionOf(cc, LOCAL.RESULT, LOCAL.AUX);
  }

  protected status(): void {
    this.code.get(LOCAL.RESULT).get(LOCAL.AUX).call(this.functions.packStatus);
  }

  /** Condition codes from RESULT and AUX, which two locals hold: see x86/cpuState. */
  protected conditionOf(cc: number, result: number, aux: number): void {
    const { code } = this;
    const carry = (): void => void code.get(aux).constant(31).op(OP.shrU);
    const zero = (): void => void code.get(result).op(OP.eqz);
    const sign = (): void => void code.get(result).constant(31).op(OP.shrU).get(aux).constant(1).op(OP.and, OP.xor);
    const overflow = (): void => void code.get(aux).get(aux).constant(1).op(OP.shl, OP.xor).constant(31).op(OP.shrU);
    switch (cc >> 1) {
      case 0:
        overflow();
        break;
      case 1:
        carry();
        break;
      case 2:
        zero();
        break;
      case 3:
        carry();
        zero();
        code.op(OP.or);
        break;
      case 4:
        sign();
        break;
      case 5:
        code.get(result).get(aux).constant(8).op(OP.shrU, OP.xor).constant(0xff).op(OP.and, OP.popcnt).constant(1).op(OP.and, OP.eqz);
        break;
      case 6:
        sign();
        overflow();
        code.op(OP.xor);
        break;
      default:
        sign();
        overflow();
        code.op(OP.xor);
        zero();
        code.op(OP.or);
    }
    if (cc & 1) code.op(OP.eqz);
  }
}
