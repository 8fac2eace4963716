// ECP5 carry cell: two bits of a sum, each of a LUT of four inputs and what it adds to the carry.
module CCU2C #(
    parameter [15:0] INIT0 = 16'h0000, parameter [15:0] INIT1 = 16'h0000,
    parameter INJECT1_0 = "YES", parameter INJECT1_1 = "YES"
) (
    input CIN, A0, B0, C0, D0, A1, B1, C1, D1,
    output S0, S1, COUT
);
    wire lut0 = INIT0[{D0, C0, B0, A0}];
    wire lut1 = INIT1[{D1, C1, B1, A1}];
    // The lowest quarter of the table is what a bit carries on that does not propagate.
    wire inject0 = INJECT1_0 == "YES", inject1 = INJECT1_1 == "YES";
    wire carry0 = lut0 ? CIN : ~inject0 & INIT0[{2'b00, B0, A0}];
    assign S0 = lut0 ^ (CIN & ~inject0);
    assign S1 = lut1 ^ (carry0 & ~inject1);
    assign COUT = lut1 ? carry0 : ~inject1 & INIT1[{2'b00, B1, A1}];
endmodule
