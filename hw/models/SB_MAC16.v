// iCE40 UltraPlus multiplier as the generator uses it: 16 x 16 signed, registers at A and at O.
module SB_MAC16 #(
    parameter [0:0] A_REG = 0, parameter [0:0] PIPELINE_16x16_MULT_REG2 = 0,
    parameter [1:0] TOPOUTPUT_SELECT = 0, parameter [1:0] BOTOUTPUT_SELECT = 0,
    parameter [0:0] A_SIGNED = 0, parameter [0:0] B_SIGNED = 0
) (
    input CLK, CE,
    input signed [15:0] A, B,
    output signed [31:0] O
);
    reg signed [15:0] operand;
    reg signed [31:0] product;
    always @(posedge CLK) if (CE) begin
        operand <= A;
        product <= operand * B;
    end
    assign O = product;
endmodule
