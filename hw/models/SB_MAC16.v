// iCE40 UltraPlus multiplier as far as the generator uses it: 16 x 16, a register at O.
module SB_MAC16 #(
    parameter [0:0] PIPELINE_16x16_MULT_REG2 = 0,
    parameter [1:0] TOPOUTPUT_SELECT = 0, parameter [1:0] BOTOUTPUT_SELECT = 0,
    parameter [0:0] A_SIGNED = 0, parameter [0:0] B_SIGNED = 0
) (
    input CLK, CE,
    input [15:0] A, B,
    output [31:0] O
);
    reg [31:0] o_register;
    wire signed [31:0] a_wide = {{16{A_SIGNED & A[15]}}, A};
    wire signed [31:0] b_wide = {{16{B_SIGNED & B[15]}}, B};
    wire [31:0] product = a_wide * b_wide;
    wire [31:0] o = PIPELINE_16x16_MULT_REG2 ? o_register : product;
    always @(posedge CLK) if (CE) o_register <= product;
    // Any other selection is of the adders, which the generator leaves alone.
    assign O = {TOPOUTPUT_SELECT == 3 ? o[31:16] : 16'b0, BOTOUTPUT_SELECT == 3 ? o[15:0] : 16'b0};
endmodule
