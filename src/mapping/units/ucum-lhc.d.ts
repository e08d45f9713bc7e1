declare module '@lhncbc/ucum-lhc' {
  interface Unit {
    readonly moleExp_: number;
  }
  interface Utils {
    getSpecifiedUnit(code: string, use: 'validate'): { readonly status: string; readonly unit: Unit | null };
    convertUnitTo(
      from: string,
      value: number,
      to: string,
    ): { readonly status: 'succeeded' | 'failed' | 'error'; readonly toVal: number | null };
  }
  export const UcumLhcUtils: { getInstance(): Utils };
}
