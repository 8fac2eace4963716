// Gowin multiplier as the generator uses it: signed, register at A, register at DOUT.
module MULT18X18 #(
    parameter AREG = 1'b0, parameter OUT_REG = 1'b0
) (
    input CLK, CE, RESET, ASIGN, BSIGN, ASEL, BSEL,
    input signed [17:0] A, B,
    input [17:0] SIA, SIB,
    output signed [35:0] DOUT
);
    reg signed [17:0] operand;
    reg signed [35:0] product;
    always @(posedge CLK) if (CE) begin
        operand <= A;
        product <= operand * B;
    end
    assign DOUT = product;
endmodule
