// Gowin multiplier as far as the generator uses it: registers at A, B and DOUT.
module MULT18X18 #(
    parameter AREG = 1'b0, parameter BREG = 1'b0, parameter OUT_REG = 1'b0
) (
    input CLK, CE, RESET, ASIGN, BSIGN, ASEL, BSEL,
    input [17:0] A, B,
    input [17:0] SIA, SIB,
    output [35:0] DOUT
);
    reg [17:0] a_register, b_register;
    reg [35:0] out_register;
    wire [17:0] a = AREG ? a_register : A;
    wire [17:0] b = BREG ? b_register : B;
    wire signed [35:0] a_wide = {{18{ASIGN & a[17]}}, a};
    wire signed [35:0] b_wide = {{18{BSIGN & b[17]}}, b};
    wire [35:0] product = a_wide * b_wide;
    always @(posedge CLK) if (CE) begin
        a_register <= A;
        b_register <= B;
        out_register <= product;
    end
    assign DOUT = OUT_REG ? out_register : product;
endmodule
