// rows x cols values, row by row; cells are dx x dy wide, the first one centred on x0, y0, in `unit`.
export interface Place {
  rows: number;
  cols: number;
  x0: number;
  y0: number;
  dx: number;
  dy: number;
  unit: string;
}
export interface Grid extends Place {
  values: Float32Array;
}
